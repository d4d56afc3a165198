/*
 * model.h - an AWS service's model, as tools/modelc writes it into C.
 *
 * Generated from botocore's service-2.json for the operations in lab/models/operations.txt. For a
 * service "ssm" there is lab/models/ssm.h with SSM_GetParameter … SSM_NOPS, the faults
 * SSM_ParameterNotFound … and `extern const struct model ssm_model`.
 */
#ifndef AWS_MODEL_H
#define AWS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protocol {
	PROTOCOL_JSON,
	PROTOCOL_QUERY,
	PROTOCOL_EC2,
	PROTOCOL_REST_JSON,
	PROTOCOL_REST_XML
};

enum shape_kind {
	SHAPE_STRUCTURE,
	SHAPE_LIST,
	SHAPE_MAP,
	SHAPE_STRING,
	SHAPE_INTEGER, /* and long */
	SHAPE_DOUBLE,  /* and float */
	SHAPE_BOOLEAN,
	SHAPE_TIMESTAMP,
	SHAPE_BLOB,
};

enum location { AT_BODY, AT_URI, AT_QUERY, AT_HEADER, AT_HEADERS, AT_STATUS };
enum timestamp { TIMESTAMP_DEFAULT, TIMESTAMP_ISO, TIMESTAMP_EPOCH, TIMESTAMP_HTTP };

#define MODEL_NONE UINT16_MAX

/* A member of a structure; a list's element; a map's key and value. */
struct member {
	const char *name;	/* in our trees */
	const char *wire;	/* locationName; NULL: name */
	const char *query_name; /* ec2 */
	uint16_t shape;
	uint8_t location;
	uint8_t timestamp; /* as given on the member */
	bool required;
	bool flattened;
	bool attribute; /* an XML attribute */
	bool idempotency_token;
};

struct shape {
	const char *name;
	uint8_t kind;
	uint8_t timestamp;
	bool flattened;
	bool sensitive;
	const struct member *members; /* structure: all; list: 1 element; map: key, value */
	uint16_t nmembers;
	uint16_t payload;	   /* index of the member that is the body; MODEL_NONE */
	int64_t min, max;	   /* length, size or value; INT64_MIN, INT64_MAX: none */
	const char *pattern;	   /* or NULL */
	const char *const *values; /* an enum's, NULL-terminated; or NULL */
};

struct operation {
	const char *name;
	const char *method;
	const char *uri; /* "/2015-03-31/functions/{FunctionName}"; "/" */
	uint16_t input;	 /* a shape, or MODEL_NONE */
	uint16_t output;
	const char *input_wrapper;  /* rest-xml: the input's root element; NULL */
	const char *input_xmlns;    /* … its namespace */
	const char *result_wrapper; /* query: "…Result"; rest-xml: the output's root; NULL */
	int status;		    /* of success; 200 */
	bool streaming_output;
	bool unwrapped_output; /* rest-xml: the only member is the root (S3 GetBucketLocation) */
};

/* An operation that AWS has, whether we keep it or not. */
struct known_op {
	const char *name;
	const char *method;
	const char *uri;
};

struct fault_shape {
	const char *name; /* of the shape: "LoadBalancerNotFoundException" */
	const char *code; /* on the wire: "LoadBalancerNotFound" */
	int status;
	bool sender; /* the caller's fault, not ours */
};

struct model {
	const char *name;	  /* of its folder and in our files: "elbv2" */
	const char *signing_name; /* in the credential scope: "elasticloadbalancing" */
	const char *iam_prefix;	  /* of its actions: "elasticloadbalancing" */
	const char *service_id;	  /* "Elastic Load Balancing v2" */
	uint8_t protocol;	  /* what a request is read as if nothing says otherwise */
	bool also_json;		  /* cloudwatch, sqs: JSON by X-Amz-Target as well as query */
	const char *json_version; /* "1.0", "1.1" */
	const char *target_prefix;
	const char *api_version;
	const char *xmlns;
	const struct operation *ops; /* sorted by name */
	uint16_t nops;
	const struct known_op *known_ops; /* every operation AWS has, sorted; ends with name NULL */
	const struct shape *shapes;
	const struct fault_shape *faults; /* [0] is empty: faults count from 1 */
	uint16_t nfaults;
};

#endif
