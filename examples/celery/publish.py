"""Puts an order's invoice or shipment into its queue: publish.py invoice|shipment ORDER [--pages N]."""

import argparse

from shop import book_shipment, write_invoice

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("document", choices=["invoice", "shipment"])
parser.add_argument("order_id")
parser.add_argument("--pages", type=int, default=5, help="0.1 s of work each")
parser.add_argument("--amount", type=int, default=100, help="total or weight; not below 0")
arguments = parser.parse_args()

task = write_invoice if arguments.document == "invoice" else book_shipment
result = task.apply_async(
    (arguments.order_id, arguments.amount),
    {"pages": arguments.pages},
    task_id=f"{arguments.document}-{arguments.order_id}",
)
print(result.id)
