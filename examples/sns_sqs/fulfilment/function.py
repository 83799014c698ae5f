"""Fulfilment as a Lambda function: `fulfilment.function.handler`, invoked by the queue, with `ReportBatchItemFailures`."""

from fulfilment import settings
from fulfilment.contract import fulfilment
from fulfilment.warehouse import Warehouse
from msgpact.adapters import sns_sqs

warehouse = Warehouse()
handler = sns_sqs.lambda_handler(
    fulfilment,
    dead_letter=settings.dead_letter_url(),
    names=settings.names(),
    discriminator="event",
    arguments={"warehouse": warehouse},
)
