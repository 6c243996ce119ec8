"""Fill curves: how orders end over the time they wait, from counts that the jobs' partials hold."""
