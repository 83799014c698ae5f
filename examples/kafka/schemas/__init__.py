"""The schemas of what the payment service sends, as both services install them."""
