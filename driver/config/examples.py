"""What a flag looks like where its type alone does not show it: lists, dates, clocks, pairs.

The help prints them; a test holds that every flag of such a type has one, and that each is accepted.
"""

from typing import Final

EXAMPLES: Final = {  # flag -> text behind the equals sign, as a shell passes it on
    "input": "raw",
    "orders": "orders_1.csv,orders_2.csv",
    "trades": "trades_*.csv",
    "nbbo": "nbbo.csv.gz",
    "sessions": "sessions.csv",
    "session_cutoff": "19:00",
    "holidays": "2024-12-25,2024-12-26",
    "ticks": "0:1,100:5,2000:10",
    "tick_file": "ticks.csv",
    "session": "10:00-16:00",
    "columns": "price:px,order_status:,timestamp:day+time,leaves_quantity:=0",
    "header": "order_id,time,price",
    "trades_header": "trade_id,time,price",
    "nbbo_header": "time,bid,offer",
    "time_unit": "ms",
    "epoch": "2000-01-01",
    "time_format": "%d/%m/%Y %H:%M:%S.%f",
    "date": "2024-09-05",
    "null_values": "NA,-",
    "where": "type=add,modify,trades.type=match",
    "scheduler": "tcp://host:8786",
    "security_codes": "101,102",
    "participant_ids": "69,112",
    "order_types": "64,2048",
    "date_start": "2024-09-05",
    "date_end": "2024-09-06",
    "dark_pool_scenarios": "A,R",
    "markout_seconds": "1,60",
    "fill_seconds": "1,10,60",
    "dark_seconds": "30,60,300",
    "without_participants": "69,112",
    "preferring": "69,112",
    "rule_switches": "priority_kept",
    "aggregate_by": "date,participant_id,security_code+hour",
}
