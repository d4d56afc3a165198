/*
 * envelope.h - what a service keeps secret, sealed under a data key of KMS's, as AWS services do it.
 *
 * KMS is asked as the request's caller, by way of the service ("kms:ViaService"): who may not use the
 * key gets neither in nor out.
 */
#ifndef LAB_AWS_ENVELOPE_H
#define LAB_AWS_ENVELOPE_H

#include "lab/aws/lab.h"
#include "lib/base/buf.h"

/*
 * ret_sealed: {"Key": the data key, wrapped, "Text": sealed, "KeyId": the KMS key's ARN}, base64: it
 * may be stored. `context` is KMS's encryption context, an object of texts. Faults are KMS's, as
 * aws_call() says them: see rq->called.
 */
int envelope_seal(struct request *rq, const char *key_id, const json_t *context, const void *text,
		  size_t len, json_t *ret_sealed);
int envelope_open(struct request *rq, const json_t *sealed, const json_t *context, struct buf *out);

#endif
