/*
 * trial_resource.h - resources of a stack in a lab in memory, for the unit tests of CloudFormation types.
 *
 * The stack is called Stack, the resource It. The stack has the tag stage=one when a resource is made and
 * stage=two when it is changed. In the properties' text ' stands for ". What goes wrong is in
 * trial->code and trial->message; nothing of it stays.
 */
#ifndef LAB_AWS_TRIAL_RESOURCE_H
#define LAB_AWS_TRIAL_RESOURCE_H

#include "lab/aws/trial.h"

/* The physical id, which lives as long as the trial's process; NULL on a fault. */
const char *trial_make(struct trial *trial, const struct service *service, const char *type,
		       const char *props);
/* False on a fault. */
bool trial_change(struct trial *trial, const struct service *service, const char *type,
		  const char *id, const char *old, const char *props);
bool trial_unmake(struct trial *trial, const struct service *service, const char *type,
		  const char *id, const char *props);
/* What drift detection reads; NULL: it is gone. Lives until the next call. */
const json_t *trial_read(struct trial *trial, const struct service *service, const char *type,
			 const char *id, const char *props);
/* Fn::GetAtt as text; "" if there is no such attribute. Lives until the next call. */
const char *trial_att(struct trial *trial, const struct service *service, const char *type,
		      const char *id, const char *props, const char *name);

#endif
