"""Sends a payment to be booked: publish.py ORDER [--cents N] [--checks N]."""

import argparse

from payments import book_payment

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("order_id")
parser.add_argument("--cents", type=int, default=1999, help="not below 0")
parser.add_argument("--checks", type=int, default=5, help="0.1 s of work each")
arguments = parser.parse_args()

print(book_payment.send(arguments.order_id, arguments.cents, arguments.checks).message_id)
