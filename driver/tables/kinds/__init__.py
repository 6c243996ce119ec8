"""Tables by what orders and fills are: their codes, with what these mean beside them. `aggregate` asks for them."""
