"""Usage: presign-with-botocore.py URL ENDPOINT. Prints what botocore makes of the same request at the same second."""

import datetime
import sys
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import botocore.session
from botocore.config import Config

url, endpoint = sys.argv[1:]
signed_at = parse_qs(urlsplit(url).query)["X-Amz-Date"][0]
when = datetime.datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
session = botocore.session.Session()
session.set_credentials("AKID", "secret/+key", "session+token==")
style = "path" if endpoint else "virtual"
client = session.create_client(
    "s3",
    region_name="eu-central-1",
    endpoint_url=endpoint or None,
    config=Config(signature_version="s3v4", s3={"addressing_style": style}),
)
with mock.patch.object(botocore.auth, "get_current_datetime", return_value=when, create=True):
    print(
        client.generate_presigned_url(
            "get_object", Params={"Bucket": "bucket", "Key": "assets/a b+c=d.tar"}, ExpiresIn=300
        )
    )
