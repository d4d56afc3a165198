/*
 * stack_updates_test.c - stacks are updated, and come back from it, whatever fails on the way.
 *
 * A service of toys stands for all others: one type that is changed in place and one that is
 * replaced; the Nth thing asked of it fails, and what is slow comes when the test says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/aws/trial.h"
#include "lab/models/cloudformation.h"
#include "lab/models/ec2.h"
#include "lab/models/golden.h"
#include "lab/services/cloudformation/cloudformation.h"
#include "lab/services/ec2/ec2.h"
#include "lib/base/buf.h"
#include "lib/base/folder.h"

#include <stdlib.h>
#include <string.h>

#define TOY "toy/toy"

static int countdown; /* what is asked fails when it comes to 0 */
static bool slow;     /* toys with Slow are not there yet */
static bool stubborn; /* … do not go */
static bool drifting; /* toys are read as something else than they are */

static int ask_toys(struct request *rq)
{
	return --countdown == 0 ? fault_named(rq, "ToyBroken", "It broke.") : 0;
}

static int put(struct request *rq, const struct cfn_resource *r, const char *id)
{
	int err = ask_toys(rq);

	if (!err)
		store_put(rq->tx, TOY, id, r->props);
	return err;
}

static int create(struct request *rq, const struct cfn_resource *r, const char **ret_id)
{
	*ret_id = id_new(rq, "toy-", 8);
	return put(rq, r, *ret_id);
}

static int update(struct request *rq, const struct cfn_resource *r, const json_t *old)
{
	/* It has what the stack believes it has. */
	assert_true(json_equal(store_get(rq->tx, TOY, r->physical_id), old));
	return put(rq, r, r->physical_id);
}

static int delete (struct request *rq, const struct cfn_resource *r)
{
	if (stubborn)
		return fault_named(rq, "ToyGlued", "It is glued.");
	store_delete(rq->tx, TOY, r->physical_id);
	return 0;
}

static int settled(struct request *rq, const struct cfn_resource *r, int *ret_there)
{
	*ret_there = !slow || !json_has(r->props, "Slow");
	return ask_toys(rq);
}

static int read_toy(struct request *rq, const struct cfn_resource *r, json_t *ret_props,
		    int *ret_there)
{
	const json_t *toy = store_get(rq->tx, TOY, r->physical_id), *member;
	const char *name;

	*ret_there = toy != NULL;
	json_each_member (toy, name, member)
		json_set(ret_props, name, member);
	if (drifting && toy)
		json_set_str(ret_props, "Value", "drifted");
	return 0;
}

static json_t *get_att(struct request *rq, const struct cfn_resource *r, const char *name)
{
	return json_incref(
		(json_t *)(uintptr_t)json_get(store_get(rq->tx, TOY, r->physical_id), name));
}

static int snapshot(struct request *rq, const struct cfn_resource *r)
{
	json_t *kept = rq_object(rq);

	store_put(rq->tx, "toy/snapshot", r->physical_id, kept);
	return 0;
}

static const struct resource resources[] = {
	{.type = "Toy::Soft",
	 .create = create,
	 .update = update,
	 .delete = delete,
	 .settled = settled,
	 .get_att = get_att,
	 .read = read_toy,
	 .snapshot = snapshot},
	{.type = "Toy::Hard", .create = create, .delete = delete, .get_att = get_att},
	{.type = NULL},
};

static const struct service toys = {.model = &golden_model, .resources = resources};
static const struct service *const services[] = {&cloudformation_service, &ec2_service, &toys,
						 NULL};
static struct trial trial;

static int opened(void **state)
{
	countdown = 0;
	slow = stubborn = drifting = false;
	trial_open(&trial, services);
	return 0;
}

static int closed(void **state)
{
	trial_close(&trial);
	return 0;
}

/* A call with a template, in which ' stands for ", and more members. */
static const json_t *call(int op, const char *template, const char *more)
{
	AUTO_JSON json_t *body = template ? trial_tree(template) : NULL;
	AUTO_JSON json_t *in = trial_tree(more);
	AUTO_FREE char *text = body ? json_text(body) : NULL;

	if (!json_has(in, "StackName"))
		json_set_str(in, "StackName", "s");
	json_set_str(in, "TemplateBody", text);
	return trial_ask_tree(&trial, &cloudformation_model, op, in);
}

static const json_t *done(int op, const char *template, const char *more)
{
	const json_t *out = call(op, template, more);

	if (!out)
		fail_msg("%s: %s", trial.code, trial.message);
	return out;
}

static void refused(int op, const char *template, const char *more, const char *message)
{
	assert_null(call(op, template, more));
	assert_string_equal(trial.message, message);
}

#define CREATE(template) done(CLOUDFORMATION_CreateStack, template, "{}")
#define UPDATE(template) done(CLOUDFORMATION_UpdateStack, template, "{}")

static void status_is(const char *status)
{
	const json_t *out = done(CLOUDFORMATION_DescribeStacks, NULL, "{}");

	assert_string_equal(json_path_str(out, "Stacks.0.StackStatus"), status);
}

static void reason_is(const char *reason)
{
	const json_t *out = done(CLOUDFORMATION_DescribeStacks, NULL, "{}");

	assert_string_equal(json_path_str(out, "Stacks.0.StackStatusReason"), reason);
}

/* What happened since the last UPDATE_IN_PROGRESS of the stack: "Logical STATUS reason;" */
static char *story(void)
{
	const json_t *out = done(CLOUDFORMATION_DescribeStackEvents, NULL, "{}");
	const json_t *events = json_get(out, "StackEvents");
	struct buf text = {0};

	for (size_t i = json_array_size(events); i-- > 0;) {
		const json_t *event = json_at(events, i);
		const char *id = json_str(event, "LogicalResourceId");
		const char *status = json_str(event, "ResourceStatus");
		const char *reason = json_str_or(event, "ResourceStatusReason", "");

		if (strcmp(id, "s") == 0 && strcmp(status, "UPDATE_IN_PROGRESS") == 0)
			buf_clear(&text);
		/* Request ids differ: what stands before them is enough. */
		if (strstr(reason, " (Service"))
			reason = "broke";
		buf_fmt(&text, "%s %s%s%s;", id, status, *reason ? " " : "", reason);
	}
	return buf_take(&text);
}

struct world {
	char *text;
};

static void look(struct request *rq, void *user)
{
	struct world *world = user;
	AUTO_JSON json_t *all = json_object();
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, TOY, ""), i, key)
		json_set(all, json_string_value(key),
			 store_get(rq->tx, TOY, json_string_value(key)));
	world->text = json_text(all);
}

/* All toys there are, by their ids. */
static char *all_toys(void)
{
	struct world world = {0};

	trial_within(&trial, &golden_model, look, &world);
	return world.text;
}

#define SOFT(id, props) "'" id "': {'Type': 'Toy::Soft', 'Properties': {" props "}}"
#define HARD(id, props) "'" id "': {'Type': 'Toy::Hard', 'Properties': {" props "}}"
#define TEMPLATE(resources) "{'Resources': {" resources "}}"
#define REF(id) "{'Ref': '" id "'}"

static void what_changed_changes_in_place(void **state)
{
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *text = NULL;

	CREATE(TEMPLATE(SOFT("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A"))));
	before = all_toys();
	UPDATE(TEMPLATE(SOFT("A", "'Value': '2'") "," SOFT("B", "'Of': " REF("A"))));
	status_is("UPDATE_COMPLETE");
	text = story();
	assert_string_equal(text, "s UPDATE_IN_PROGRESS User Initiated;"
				  "A UPDATE_IN_PROGRESS;"
				  "A UPDATE_COMPLETE;"
				  "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS;"
				  "s UPDATE_COMPLETE;");
	UPDATE(TEMPLATE(SOFT("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A"))));
	AUTO_FREE char *after = all_toys();
	assert_string_equal(before, after);
}

static void what_is_replaced_takes_those_along_that_refer_to_it(void **state)
{
	AUTO_FREE char *text = NULL;

	CREATE(TEMPLATE(HARD("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A")) "," SOFT(
		"C", "'Of': {'Fn::GetAtt': ['A', 'Value']}")));
	UPDATE(TEMPLATE(HARD("A", "'Value': '1', 'More': '1'") "," SOFT(
		"B", "'Of': " REF("A")) "," SOFT("C", "'Of': {'Fn::GetAtt': ['A', 'Value']}")));
	status_is("UPDATE_COMPLETE");
	text = story();
	assert_string_equal(text,
			    "s UPDATE_IN_PROGRESS User Initiated;"
			    "A UPDATE_IN_PROGRESS Requested update requires the creation of a "
			    "new physical resource; hence creating one.;"
			    "A UPDATE_IN_PROGRESS Resource creation Initiated;"
			    "A UPDATE_COMPLETE;"
			    "B UPDATE_IN_PROGRESS;"
			    "B UPDATE_COMPLETE;"
			    "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS;"
			    "A DELETE_IN_PROGRESS;"
			    "A DELETE_COMPLETE;"
			    "s UPDATE_COMPLETE;");
}

static void what_is_left_out_goes_at_the_end(void **state)
{
	AUTO_FREE char *text = NULL;
	const json_t *out;

	CREATE(TEMPLATE(SOFT("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A"))));
	UPDATE(TEMPLATE(SOFT("C", "'Value': '1'")));
	text = story();
	assert_string_equal(text, "s UPDATE_IN_PROGRESS User Initiated;"
				  "C CREATE_IN_PROGRESS;"
				  "C CREATE_IN_PROGRESS Resource creation Initiated;"
				  "C CREATE_COMPLETE;"
				  "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS;"
				  "B DELETE_IN_PROGRESS;"
				  "B DELETE_COMPLETE;"
				  "A DELETE_IN_PROGRESS;"
				  "A DELETE_COMPLETE;"
				  "s UPDATE_COMPLETE;");
	out = done(CLOUDFORMATION_DescribeStackResources, NULL, "{}");
	assert_int_equal(json_array_size(json_get(out, "StackResources")), 1);
}

static void nothing_new_is_no_update(void **state)
{
	CREATE(TEMPLATE(SOFT("A", "'Value': '1'")));
	refused(CLOUDFORMATION_UpdateStack, TEMPLATE(SOFT("A", "'Value': '1'")), "{}",
		"No updates are to be performed.");
	refused(CLOUDFORMATION_UpdateStack, TEMPLATE(HARD("A", "'Value': '1'")), "{}",
		"Update of resource type is not permitted. The new template modifies resource type "
		"of the following resources: [A]");
	refused(CLOUDFORMATION_UpdateStack, TEMPLATE(SOFT("A", "'Value': '1'")),
		"{'StackName': 'nobody'}", "Stack [nobody] does not exist");
	done(CLOUDFORMATION_UpdateStack, NULL,
	     "{'UsePreviousTemplate': true, 'Tags': [{'Key': 'k', 'Value': 'v'}]}");
	status_is("UPDATE_COMPLETE");
}

#define OLD                                                                                       \
	TEMPLATE(SOFT("A", "'Value': '1'") "," HARD(                                              \
		"B",                                                                              \
		"'Of': " REF("A") ", 'Value': '1'") "," SOFT("C",                                 \
							     "'Of': " REF(                        \
								     "B")) "," SOFT("D",          \
										    "'Of': " REF( \
											    "C")))
#define NEW                                                                                           \
	TEMPLATE(                                                                                     \
		SOFT("A", "'Value': '2'") "," HARD("B", "'Of': " REF("A") ", 'Value': '2'") "," SOFT( \
			"C",                                                                          \
			"'Of': " REF("B")) "," HARD("E",                                              \
						    "'Of': " REF("C")) "," SOFT("F",                  \
										"'Of': " REF(         \
											"E")))

/* Whatever is asked of a service fails once, the first, the second, …: all is as it was. */
static void whatever_fails_nothing_is_left_behind(void **state)
{
	int n = 0;

	for (;;) {
		AUTO_FREE char *before = NULL;
		AUTO_FREE char *after = NULL;
		const json_t *out;
		bool failed;

		opened(NULL);
		CREATE(OLD);
		before = all_toys();
		countdown = ++n;
		UPDATE(NEW);
		failed = countdown <= 0;
		if (!failed) {
			status_is("UPDATE_COMPLETE");
			closed(NULL);
			break;
		}
		status_is("UPDATE_ROLLBACK_COMPLETE");
		after = all_toys();
		assert_string_equal(before, after);
		out = done(CLOUDFORMATION_DescribeStackResources, NULL, "{}");
		assert_int_equal(json_array_size(json_get(out, "StackResources")), 4);
		/* And it can be tried again. */
		UPDATE(NEW);
		status_is("UPDATE_COMPLETE");
		UPDATE(OLD);
		status_is("UPDATE_COMPLETE");
		done(CLOUDFORMATION_DeleteStack, NULL, "{}");
		AUTO_FREE char *end = all_toys();
		assert_string_equal(end, "{}");
		closed(NULL);
	}
	assert_true(n > 8);
	opened(NULL);
}

static void a_failed_update_tells_its_story(void **state)
{
	AUTO_FREE char *text = NULL;

	CREATE(TEMPLATE(SOFT("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A"))));
	countdown = 3;
	UPDATE(TEMPLATE(SOFT("A", "'Value': '2'") "," HARD("C", "'Of': " REF("A")) "," SOFT(
		"B", "'Of': " REF("A"))));
	status_is("UPDATE_ROLLBACK_COMPLETE");
	text = story();
	assert_string_equal(text,
			    "s UPDATE_IN_PROGRESS User Initiated;"
			    "A UPDATE_IN_PROGRESS;"
			    "A UPDATE_COMPLETE;"
			    "C CREATE_IN_PROGRESS;"
			    "C CREATE_FAILED broke;"
			    "s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to "
			    "create: [C]. ;"
			    "A UPDATE_IN_PROGRESS;"
			    "A UPDATE_COMPLETE;"
			    "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS;"
			    "C DELETE_COMPLETE;"
			    "s UPDATE_ROLLBACK_COMPLETE;");
}

static void a_failed_update_may_stay_and_be_rolled_back_later(void **state)
{
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;

	CREATE(OLD);
	before = all_toys();
	countdown = 5;
	done(CLOUDFORMATION_UpdateStack, NEW, "{'DisableRollback': true}");
	status_is("UPDATE_FAILED");
	countdown = 3;
	done(CLOUDFORMATION_UpdateStack, NEW, "{'DisableRollback': true}");
	status_is("UPDATE_FAILED");
	done(CLOUDFORMATION_RollbackStack, NULL, "{}");
	status_is("UPDATE_ROLLBACK_COMPLETE");
	after = all_toys();
	assert_string_equal(before, after);
}

static void a_creation_that_failed_may_be_tried_again(void **state)
{
	AUTO_FREE char *toys_left = NULL;

	countdown = 4;
	done(CLOUDFORMATION_CreateStack, OLD, "{'OnFailure': 'DO_NOTHING'}");
	status_is("CREATE_FAILED");
	UPDATE(OLD);
	status_is("UPDATE_COMPLETE");
	done(CLOUDFORMATION_DeleteStack, NULL, "{}");
	countdown = 4;
	done(CLOUDFORMATION_CreateStack, OLD, "{'OnFailure': 'DO_NOTHING'}");
	done(CLOUDFORMATION_RollbackStack, NULL, "{}");
	status_is("ROLLBACK_COMPLETE");
	toys_left = all_toys();
	assert_string_equal(toys_left, "{}");
}

static void an_update_can_be_cancelled(void **state)
{
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;
	AUTO_FREE char *text = NULL;

	CREATE(OLD);
	before = all_toys();
	slow = true;
	UPDATE(TEMPLATE(SOFT("A", "'Value': '3', 'Slow': '1'") "," SOFT("N", "'Slow': '1'")));
	status_is("UPDATE_IN_PROGRESS");
	done(CLOUDFORMATION_CancelUpdateStack, NULL, "{}");
	status_is("UPDATE_ROLLBACK_COMPLETE");
	after = all_toys();
	assert_string_equal(before, after);
	text = story();
	assert_non_null(strstr(text, "A UPDATE_FAILED Resource update cancelled;"
				     "N CREATE_FAILED Resource creation cancelled;"
				     "s UPDATE_ROLLBACK_IN_PROGRESS User Initiated;"));
	refused(CLOUDFORMATION_CancelUpdateStack, NULL, "{}",
		"CancelUpdateStack cannot be called from current stack status");
}

static void a_rollback_that_failed_can_be_continued(void **state)
{
	CREATE(TEMPLATE(SOFT("A", "'Value': '1'")));
	slow = true;
	UPDATE(TEMPLATE(SOFT("A", "'Value': '2', 'Slow': '1'")));
	countdown = 1;
	done(CLOUDFORMATION_CancelUpdateStack, NULL, "{}");
	status_is("UPDATE_ROLLBACK_FAILED");
	reason_is("The following resource(s) failed to update: [A]. ");
	assert_null(call(CLOUDFORMATION_UpdateStack, TEMPLATE(SOFT("A", "'Value': '3'")), "{}"));
	assert_non_null(strstr(trial.message,
			       "is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
	countdown = 1;
	done(CLOUDFORMATION_ContinueUpdateRollback, NULL, "{}");
	status_is("UPDATE_ROLLBACK_FAILED");
	done(CLOUDFORMATION_ContinueUpdateRollback, NULL, "{'ResourcesToSkip': ['A']}");
	status_is("UPDATE_ROLLBACK_COMPLETE");
}

static void policies_say_what_becomes_of_the_old_one(void **state)
{
	AUTO_FREE char *text = NULL;

	CREATE("{'Resources': {"
	       "'A': {'Type': 'Toy::Hard', 'UpdateReplacePolicy': 'Retain', 'Properties': {'V': "
	       "1}},"
	       "'B': {'Type': 'Toy::Soft', 'DeletionPolicy': 'Snapshot'},"
	       "'C': {'Type': 'Toy::Soft', 'DeletionPolicy': 'RetainExceptOnCreate'}}}");
	UPDATE("{'Resources': {"
	       "'A': {'Type': 'Toy::Hard', 'UpdateReplacePolicy': 'Retain', 'Properties': {'V': 2}}"
	       "}}");
	status_is("UPDATE_COMPLETE");
	text = story();
	assert_non_null(strstr(text, "C DELETE_SKIPPED;"));
	assert_non_null(strstr(text, "B DELETE_COMPLETE;"));
	assert_non_null(strstr(text, "A DELETE_SKIPPED;"));
	refused(CLOUDFORMATION_UpdateStack,
		"{'Resources': {'A': {'Type': 'Toy::Hard', 'DeletionPolicy': 'Snapshot'}}}", "{}",
		"Template error: resource type Toy::Hard does not support DeletionPolicy Snapshot");
}

static void what_will_not_go_is_left_alone(void **state)
{
	CREATE(TEMPLATE(SOFT("A", "'Value': '1'") "," SOFT("B", "'Value': '1'")));
	stubborn = true;
	UPDATE(TEMPLATE(SOFT("A", "'Value': '1'")));
	status_is("UPDATE_COMPLETE");
	reason_is("Update successful. One or more resources could not be deleted.");
}

#define EXPORTING(value)                                                                    \
	"{'Resources': {" SOFT("A", "'Value': '1'") "}, 'Outputs': {'O': {'Value': '" value \
						    "', 'Export': {'Name': 'e'}}}}"

static void an_export_in_use_keeps_its_value(void **state)
{
	const json_t *out;

	CREATE(EXPORTING("1"));
	done(CLOUDFORMATION_CreateStack, TEMPLATE(SOFT("A", "'Value': {'Fn::ImportValue': 'e'}")),
	     "{'StackName': 'user'}");
	UPDATE(EXPORTING("2"));
	status_is("UPDATE_ROLLBACK_COMPLETE");
	AUTO_FREE char *text = story();
	assert_non_null(strstr(text, "s UPDATE_ROLLBACK_IN_PROGRESS Export e cannot be updated as "
				     "it is in use by user;"));
	UPDATE(TEMPLATE(SOFT("A", "'Value': '1'")));
	AUTO_FREE char *gone = story();
	assert_non_null(strstr(gone, "Export e cannot be deleted as it is in use by user"));
	/* When nobody imports it any more, it may change. */
	done(CLOUDFORMATION_UpdateStack, TEMPLATE(SOFT("A", "'Value': 'x'")),
	     "{'StackName': 'user'}");
	UPDATE(EXPORTING("2"));
	status_is("UPDATE_COMPLETE");
	out = trial_ask(&trial, &cloudformation_model, CLOUDFORMATION_ListExports, "{}");
	assert_string_equal(json_path_str(out, "Exports.0.Value"), "2");
}

#define WITH_PARAMETERS                                                                     \
	"{'Parameters': {'P': {'Type': 'String', 'Default': 'd'}, 'S': {'Type': 'String', " \
	"'NoEcho': true}}, 'Resources': {" SOFT("A", "'Value': " REF("P") ", 'S': " REF("S")) "}}"

static void a_parameter_may_keep_its_value(void **state)
{
	const json_t *out;

	done(CLOUDFORMATION_CreateStack, WITH_PARAMETERS,
	     "{'Parameters': [{'ParameterKey': 'P', 'ParameterValue': 'x'}, "
	     "{'ParameterKey': 'S', 'ParameterValue': 'sesame'}]}");
	done(CLOUDFORMATION_UpdateStack, NULL,
	     "{'UsePreviousTemplate': true, 'Parameters': [{'ParameterKey': 'P', "
	     "'ParameterValue': 'y'}, {'ParameterKey': 'S', 'UsePreviousValue': true}]}");
	status_is("UPDATE_COMPLETE");
	out = done(CLOUDFORMATION_DescribeStacks, NULL, "{}");
	assert_string_equal(json_path_str(out, "Stacks.0.Parameters.0.ParameterValue"), "y");
	assert_string_equal(json_path_str(out, "Stacks.0.Parameters.1.ParameterValue"), "****");
	AUTO_FREE char *text = all_toys();
	assert_non_null(strstr(text, "sesame"));
	refused(CLOUDFORMATION_UpdateStack, NULL,
		"{'UsePreviousTemplate': true, 'Parameters': [{'ParameterKey': 'P', "
		"'ParameterValue': 'z'}]}",
		"Parameters: [S] must have values");
}

/* The change set's one change, as compact text without Details. */
static const json_t *change_of(const char *template, const char *id)
{
	const json_t *changes, *change;
	size_t i;

	call(CLOUDFORMATION_DeleteChangeSet, NULL, "{'ChangeSetName': 'c'}");
	done(CLOUDFORMATION_CreateChangeSet, template, "{'ChangeSetName': 'c'}");
	changes = json_get(done(CLOUDFORMATION_DescribeChangeSet, NULL, "{'ChangeSetName': 'c'}"),
			   "Changes");
	json_each (changes, i, change)
		if (strcmp(json_path_str(change, "ResourceChange.LogicalResourceId"), id) == 0)
			return json_get(change, "ResourceChange");
	fail_msg("%s does not change", id);
	return NULL;
}

static void a_change_set_says_what_would_change(void **state)
{
	const json_t *change;

	CREATE(OLD);
	change = change_of(NEW, "A");
	assert_string_equal(json_str(change, "Replacement"), "False");
	assert_string_equal(json_path_str(change, "Details.0.Target.Name"), "Value");
	assert_string_equal(json_path_str(change, "Details.0.ChangeSource"), "DirectModification");
	change = change_of(NEW, "B");
	assert_string_equal(json_str(change, "Replacement"), "True");
	assert_string_equal(json_str(change, "Action"), "Modify");
	assert_string_equal(json_path_str(change, "Details.0.Target.RequiresRecreation"), "Always");
	change = change_of(NEW, "C");
	assert_string_equal(json_path_str(change, "Details.0.ChangeSource"), "ResourceReference");
	assert_string_equal(json_path_str(change, "Details.0.Evaluation"), "Dynamic");
	assert_string_equal(json_path_str(change, "Details.0.CausingEntity"), "B");
	assert_string_equal(json_str(change_of(NEW, "D"), "Action"), "Remove");
	assert_string_equal(json_str(change_of(NEW, "E"), "Action"), "Add");

	done(CLOUDFORMATION_ExecuteChangeSet, NULL, "{'ChangeSetName': 'c'}");
	status_is("UPDATE_COMPLETE");
	assert_string_equal(
		json_str(done(CLOUDFORMATION_DescribeChangeSet, NULL, "{'ChangeSetName': 'c'}"),
			 "ExecutionStatus"),
		"EXECUTE_COMPLETE");
}

static void a_change_set_without_changes_fails(void **state)
{
	const json_t *out;

	CREATE(OLD);
	done(CLOUDFORMATION_CreateChangeSet, OLD, "{'ChangeSetName': 'c'}");
	out = done(CLOUDFORMATION_DescribeChangeSet, NULL, "{'ChangeSetName': 'c'}");
	assert_string_equal(json_str(out, "Status"), "FAILED");
	assert_string_equal(json_str(out, "ExecutionStatus"), "UNAVAILABLE");
	assert_string_equal(json_str(out, "StatusReason"),
			    "The submitted information didn't contain changes. Submit different "
			    "information to create a change set.");
	assert_null(call(CLOUDFORMATION_ExecuteChangeSet, NULL, "{'ChangeSetName': 'c'}"));
	assert_string_equal(trial.code, "InvalidChangeSetStatus");
	done(CLOUDFORMATION_DeleteChangeSet, NULL, "{'ChangeSetName': 'c'}");
	assert_null(call(CLOUDFORMATION_DescribeChangeSet, NULL, "{'ChangeSetName': 'c'}"));
	assert_string_equal(trial.code, "ChangeSetNotFound");
}

static void a_change_set_may_come_before_its_stack(void **state)
{
	refused(CLOUDFORMATION_CreateChangeSet, OLD, "{'ChangeSetName': 'c'}",
		"Stack [s] does not exist");
	done(CLOUDFORMATION_CreateChangeSet, OLD,
	     "{'ChangeSetName': 'c', 'ChangeSetType': 'CREATE'}");
	status_is("REVIEW_IN_PROGRESS");
	done(CLOUDFORMATION_ExecuteChangeSet, NULL, "{'ChangeSetName': 'c'}");
	status_is("CREATE_COMPLETE");
	refused(CLOUDFORMATION_CreateChangeSet, OLD,
		"{'ChangeSetName': 'd', 'ChangeSetType': 'CREATE'}",
		"Stack [s] already exists and cannot be created again with the changeSet [d].");
	done(CLOUDFORMATION_DeleteStack, NULL, "{}");
	done(CLOUDFORMATION_CreateChangeSet, OLD,
	     "{'ChangeSetName': 'c', 'ChangeSetType': 'CREATE'}");
	done(CLOUDFORMATION_DeleteStack, NULL, "{}");
	assert_null(call(CLOUDFORMATION_DescribeStacks, NULL, "{}"));
}

static const json_t *drift_of(const char *id)
{
	const json_t *out, *drift;
	size_t i;

	done(CLOUDFORMATION_DetectStackDrift, NULL, "{}");
	out = done(CLOUDFORMATION_DescribeStackResourceDrifts, NULL, "{}");
	json_each (json_get(out, "StackResourceDrifts"), i, drift)
		if (strcmp(json_str(drift, "LogicalResourceId"), id) == 0)
			return drift;
	return NULL;
}

static void forget_toys(struct request *rq, void *user)
{
	const json_t *key;
	size_t i;

	json_each (store_keys(rq->tx, TOY, ""), i, key)
		store_delete(rq->tx, TOY, json_string_value(key));
}

static void what_was_changed_by_hand_has_drifted(void **state)
{
	const json_t *drift, *out;

	CREATE(TEMPLATE(SOFT("A", "'Value': '1'") "," HARD("B", "'Value': '1'")));
	assert_string_equal(json_str(drift_of("A"), "StackResourceDriftStatus"), "IN_SYNC");
	assert_null(drift_of("B"));
	drifting = true;
	drift = drift_of("A");
	assert_string_equal(json_str(drift, "StackResourceDriftStatus"), "MODIFIED");
	assert_string_equal(json_path_str(drift, "PropertyDifferences.0.PropertyPath"), "/Value");
	assert_string_equal(json_path_str(drift, "PropertyDifferences.0.ExpectedValue"), "1");
	assert_string_equal(json_path_str(drift, "PropertyDifferences.0.ActualValue"), "drifted");
	assert_string_equal(json_path_str(drift, "PropertyDifferences.0.DifferenceType"),
			    "NOT_EQUAL");
	out = done(CLOUDFORMATION_DescribeStacks, NULL, "{}");
	assert_string_equal(json_path_str(out, "Stacks.0.DriftInformation.StackDriftStatus"),
			    "DRIFTED");
	trial_within(&trial, &golden_model, forget_toys, NULL);
	assert_string_equal(json_str(drift_of("A"), "StackResourceDriftStatus"), "DELETED");
}

static void a_template_may_be_yaml(void **state)
{
	AUTO_JSON json_t *in = json_pack("{s:s, s:s}", "StackName", "s", "TemplateBody",
					 "Resources:\n"
					 "  A:\n"
					 "    Type: Toy::Soft\n"
					 "    Properties: {Value: !Sub '${AWS::StackName}-x'}\n");
	AUTO_FREE char *text = NULL;

	assert_non_null(
		trial_ask_tree(&trial, &cloudformation_model, CLOUDFORMATION_CreateStack, in));
	status_is("CREATE_COMPLETE");
	text = all_toys();
	assert_non_null(strstr(text, "s-x"));
}

/* Control is gone and comes back, with nothing but what was committed. */
static void restart(const struct lab_options *options)
{
	trial_close(&trial);
	trial = (struct trial){0};
	assert_int_equal(lab_open(NULL, options, &trial.lab), 0);
	trial.caller = lab_operator(trial.lab);
	lab_turn(trial.lab);
}

/* The control plane ends in the middle of an update, and of its rollback, and comes back. */
static void an_update_goes_on_after_a_restart(void **state)
{
	char dir[] = "/tmp/cloudformation-XXXXXX";
	struct lab_options options = {.dir = dir, .number = 7, .speed = -1, .services = services};
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;

	assert_non_null(mkdtemp(dir));
	restart(&options);
	CREATE(TEMPLATE(
		HARD("A", "'Value': '1'") "," SOFT("B", "'Of': " REF("A") ", 'Slow': '1'")));
	before = all_toys();
	slow = true;
	UPDATE(TEMPLATE(
		HARD("A", "'Value': '2'") "," SOFT("B", "'Of': " REF("A") ", 'Slow': '1'")));
	status_is("UPDATE_IN_PROGRESS");
	restart(&options);
	status_is("UPDATE_IN_PROGRESS");
	done(CLOUDFORMATION_CancelUpdateStack, NULL, "{}");
	status_is("UPDATE_ROLLBACK_IN_PROGRESS");
	restart(&options);
	status_is("UPDATE_ROLLBACK_IN_PROGRESS");
	slow = false;
	restart(&options);
	status_is("UPDATE_ROLLBACK_COMPLETE");
	after = all_toys();
	assert_string_equal(before, after);
	folder_remove(dir);
}

#define IN_A_LAB(sentence) cmocka_unit_test_setup_teardown(sentence, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_LAB(what_changed_changes_in_place),
		IN_A_LAB(what_is_replaced_takes_those_along_that_refer_to_it),
		IN_A_LAB(what_is_left_out_goes_at_the_end),
		IN_A_LAB(nothing_new_is_no_update),
		cmocka_unit_test_teardown(whatever_fails_nothing_is_left_behind, closed),
		IN_A_LAB(a_failed_update_tells_its_story),
		IN_A_LAB(a_failed_update_may_stay_and_be_rolled_back_later),
		IN_A_LAB(a_creation_that_failed_may_be_tried_again),
		IN_A_LAB(an_update_can_be_cancelled),
		IN_A_LAB(a_rollback_that_failed_can_be_continued),
		IN_A_LAB(policies_say_what_becomes_of_the_old_one),
		IN_A_LAB(what_will_not_go_is_left_alone),
		IN_A_LAB(an_export_in_use_keeps_its_value),
		IN_A_LAB(a_parameter_may_keep_its_value),
		IN_A_LAB(a_change_set_says_what_would_change),
		IN_A_LAB(a_change_set_without_changes_fails),
		IN_A_LAB(a_change_set_may_come_before_its_stack),
		IN_A_LAB(what_was_changed_by_hand_has_drifted),
		IN_A_LAB(a_template_may_be_yaml),
		IN_A_LAB(an_update_goes_on_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
