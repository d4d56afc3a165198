/*
 * rotation.c - when a secret is to be rotated, and by which function: kept.
 *
 *   left out   rotating: nobody calls the function
 */
#include "lab/services/secretsmanager/secret.h"

static int check(struct request *rq, const json_t *in, const json_t *secret)
{
	if (!json_has(in, "RotationLambdaARN") && !json_has(secret, "RotationLambdaARN"))
		return fault(rq, SECRETSMANAGER_InvalidRequestException,
			     "No Lambda rotation function ARN is associated with this secret.");
	if (json_bool_or(in, "RotateImmediately", true))
		return fault(rq, SECRETSMANAGER_InvalidRequestException,
			     "Rotating is not in the lab, only when it would be is kept: say "
			     "RotateImmediately false.");
	return 0;
}

int secretsmanager_rotate_secret(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result == 0)
		result = check(rq, in, secret);
	if (result != 0)
		return result;
	json_set_bool(secret, "RotationEnabled", true);
	json_set(secret, "RotationLambdaARN", json_get(in, "RotationLambdaARN"));
	json_set(secret, "RotationRules", json_get(in, "RotationRules"));
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}

/* The function and the rules stay, as at AWS. */
int secretsmanager_cancel_rotate_secret(struct request *rq, const json_t *in, json_t *out)
{
	json_t *secret = NULL;
	int result = secret_edit(rq, json_str(in, "SecretId"), &secret);

	if (result != 0)
		return result;
	json_set_bool(secret, "RotationEnabled", false);
	secret_put(rq, secret);
	secret_name_set(out, secret);
	return 0;
}
