"""Baskets, quotes and orders: from “I want these” to “in the reader's hands” (standard 6.1, 6.2).

`basket.Baskets` and `service.Orders` are what the dialogue calls, `fulfilment.Fulfilment` is the staff's
side.
"""
