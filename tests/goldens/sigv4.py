#!/usr/bin/python3
"""Records sigv4.json: requests as Debian's botocore signs them, at one fixed instant.

Run by hand when a case is added: tests/goldens/sigv4.py > tests/goldens/sigv4.json
"""
import datetime
import json
from urllib.parse import urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

WHEN = datetime.datetime(2026, 11, 23, 7, 8, 9)


class Fixed(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return WHEN


botocore.auth.datetime.datetime = Fixed
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
JSON = {"Content-Type": "application/x-amz-json-1.1"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

# name, service, method, url, headers, body, session token
CASES = [
    ("json", "ssm", "POST", "http://127.0.0.1:4566/",
     {**JSON, "X-Amz-Target": "AmazonSSM.GetParameter"}, '{"Name": "/golden/failure_mode"}', None),
    ("token", "secretsmanager", "POST", "https://secretsmanager.us-east-1.amazonaws.com/",
     {**JSON, "X-Amz-Target": "secretsmanager.GetSecretValue"}, '{"SecretId":"x"}', "a/token+="),
    ("form", "elasticloadbalancing", "POST", "http://127.0.0.1:4566/", FORM,
     "Action=DescribeLoadBalancers&Version=2015-12-01&Names.member.1=a%20b", None),
    ("rest path", "lambda", "GET",
     "http://127.0.0.1:4566/2015-03-31/functions/arn%3Aaws%3Alambda/policy", {}, "", None),
    ("dots and slashes", "xray", "GET", "http://127.0.0.1:4566//a/./b/../c//", {}, "", None),
    ("query", "lambda", "GET", "http://127.0.0.1:4566/f?b=2&a=%2F%20x&a=1&c&B=%C3%A9", {}, "", None),
    ("spaces in headers", "ssm", "POST", "http://127.0.0.1:4566/",
     {"X-Amz-Meta": "  two   words  "}, "", None),
    ("s3 key", "s3", "PUT", "http://127.0.0.1:4566/bucket/a//b/../c%2Bd%20e~f", {}, "bytes", None),
    ("s3 sub-resource", "s3", "GET", "http://127.0.0.1:4566/bucket?lifecycle&prefix=a%2Fb", {}, "",
     "token"),
]


def payload(auth, request):
    return request.headers.get("X-Amz-Content-SHA256") or auth.payload(request)


def signed(name, service, method, url, headers, body, token):
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    auth = kind(Credentials(KEY, SECRET, token), service, "us-east-1")
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    if service == "s3":
        request.context["payload_signing_enabled"] = True
    auth.add_auth(request)
    parts = urlsplit(url)
    sent = [[k, v] for k, v in request.headers.items() if k != "Authorization"]
    sent.append(["Host", parts.netloc])
    return {
        "name": name, "service": service, "method": method, "path": parts.path,
        "query": parts.query, "headers": sent, "body": body,
        "payload": payload(auth, request), "authorization": request.headers["Authorization"],
    }


def presigned():
    auth = botocore.auth.S3SigV4QueryAuth(Credentials(KEY, SECRET, "a/token+="), "s3",
                                          "us-east-1", expires=900)
    request = AWSRequest(method="GET", url="http://127.0.0.1:4566/bucket/a%20key?versionId=1")
    auth.add_auth(request)
    parts = urlsplit(request.url)
    return {"name": "presigned", "service": "s3", "method": "GET", "path": parts.path,
            "query": parts.query, "headers": [["Host", parts.netloc]], "body": "",
            "payload": "UNSIGNED-PAYLOAD"}


print(json.dumps({
    "key": KEY, "secret": SECRET, "date": WHEN.strftime("%Y%m%dT%H%M%SZ"),
    "signed": [signed(*case) for case in CASES], "presigned": presigned(),
}, indent=1))
