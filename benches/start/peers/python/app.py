"""The webhook function as it would be written in Python: boto3, and Lambda's own runtime client."""

import base64
import hashlib
import hmac
import json
import os

import boto3

secrets_manager = boto3.client("secretsmanager")
sqs = boto3.client("sqs")
known = None


def secrets():
    global known
    if known is None:
        answer = secrets_manager.get_secret_value(SecretId=os.environ["WEBHOOK_SECRET_ID"])
        known = [secret.encode() for secret in json.loads(answer["SecretString"])["secrets"]]
    return known


def is_genuine(body, signature):
    def signed(secret):
        expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
        return hmac.compare_digest(expected, signature.encode())
    return any(signed(secret) for secret in secrets())


def handler(event, context):
    body = event["body"].encode()
    headers = event["headers"]
    if not is_genuine(body, headers.get("x-shopify-hmac-sha256", "")):
        return {"statusCode": 401}
    if headers.get("x-shopify-shop-domain") != os.environ["SHOPIFY_SHOP"]:
        return {"statusCode": 401}
    order = json.loads(body)
    customer = order.get("customer")
    if customer is None:
        return {"statusCode": 200}
    message = {
        "subject": {"customer": customer["id"]},
        "cause": headers["x-shopify-topic"],
        "as_of": order["updated_at"],
        "webhook_id": headers["x-shopify-webhook-id"],
    }
    sqs.send_message(
        QueueUrl=os.environ["SYNC_QUEUE_URL"], MessageBody=json.dumps(message), DelaySeconds=10)
    print(json.dumps({"level": "INFO", "message": "webhook", "outcome": "queued"}))
    return {"statusCode": 200}
