/*
 * repository.c - repositories and what hangs on them: policies, tags, settings.
 *
 *   keeps      ecr/repository  by name  as DescribeRepositories shows it, and _policy _lifecycle tags
 *   left out   scanning, replication, pull-through caches; lifecycle rules are kept and do not act
 */
#include "lab/services/ecr/nouns.h"

#include "lab/aws/policy.h"
#include "lib/base/base64.h"
#include "lib/base/rand.h"

#include <string.h>

#define PASSWORD_LEN 64
#define TOKEN_LIFE (12 * HOUR) /* real */

static const char *uri_of(struct request *rq, const char *name)
{
	return rq_fmt(rq, "%s.dkr.ecr.%s.amazonaws.com/%s", rq->account, rq->region, name);
}

static int not_found(struct request *rq, const char *name)
{
	return fault(rq, ECR_RepositoryNotFoundException,
		     "The repository with name '%s' does not exist in the registry with id '%s'",
		     name, rq->account);
}

int ecr_find_repository(struct request *rq, const json_t *in, const json_t **ret_repository)
{
	const char *name = json_str_or(in, "repositoryName", "");
	const char *registry = json_str_or(in, "registryId", rq->account);
	const json_t *repository = NULL;

	if (strcmp(registry, rq->account) == 0)
		repository = store_get(rq->tx, REPOSITORY, name);
	if (!repository)
		return not_found(rq, name);
	*ret_repository = repository;
	return 0;
}

int ecr_create_repository(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "repositoryName");
	json_t *repository = store_new(rq->tx);

	if (store_has(rq->tx, REPOSITORY, name))
		return fault(
			rq, ECR_RepositoryAlreadyExistsException,
			"The repository with name '%s' already exists in the registry with id '%s'",
			name, rq->account);
	json_set_str(repository, "repositoryArn",
		     rq_arn(rq, "ecr", rq_fmt(rq, "repository/%s", name)));
	json_set_str(repository, "registryId", rq->account);
	json_set_str(repository, "repositoryName", name);
	json_set_str(repository, "repositoryUri", uri_of(rq, name));
	json_set_time(repository, "createdAt", rq->now);
	json_set_str(repository, "imageTagMutability",
		     json_str_or(in, "imageTagMutability", "MUTABLE"));
	json_set_bool(json_add_object(repository, "imageScanningConfiguration"), "scanOnPush",
		      false);
	json_set(repository, "imageScanningConfiguration",
		 json_get(in, "imageScanningConfiguration"));
	json_set_str(json_add_object(repository, "encryptionConfiguration"), "encryptionType",
		     "AES256");
	json_set(repository, "encryptionConfiguration", json_get(in, "encryptionConfiguration"));
	json_add_array(repository, "_tags");
	json_set(repository, "_tags", json_get(in, "tags"));
	store_put(rq->tx, REPOSITORY, name, repository);
	json_set(out, "repository", repository);
	return 0;
}

static void delete_all(struct request *rq, const char *kind, const char *prefix)
{
	const json_t *keys = store_keys(rq->tx, kind, prefix);
	const json_t *key;
	size_t i;

	json_each (keys, i, key)
		store_delete(rq->tx, kind, json_string_value(key));
}

int ecr_delete_repository(struct request *rq, const json_t *in, json_t *out)
{
	const char *name = json_str(in, "repositoryName");
	const json_t *repository;
	const char *images;
	int err;

	err = ecr_find_repository(rq, in, &repository);
	if (err)
		return err;
	images = rq_fmt(rq, "%s@", name);
	if (json_array_size(store_keys(rq->tx, IMAGE, images)) && !json_bool_or(in, "force", false))
		return fault(
			rq, ECR_RepositoryNotEmptyException,
			"The repository with name '%s' in registry with id '%s' cannot be deleted "
			"because it still contains images",
			name, rq->account);
	json_set(out, "repository", repository);
	delete_all(rq, IMAGE, images);
	delete_all(rq, LAYER, images);
	delete_all(rq, TAG, rq_fmt(rq, "%s:", name));
	store_delete(rq->tx, REPOSITORY, name);
	return 0;
}

int ecr_describe_repositories(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *names = json_get(in, "repositoryNames");
	json_t *repositories = json_add_array(out, "repositories");
	const json_t *name;
	size_t i;

	if (!names) {
		json_set(out, "repositories", store_list(rq->tx, REPOSITORY));
		return 0;
	}
	json_each (names, i, name) {
		const json_t *repository = store_get(rq->tx, REPOSITORY, json_string_value(name));

		if (!repository)
			return not_found(rq, json_string_value(name));
		json_push(repositories, repository);
	}
	return 0;
}

/* The repository to be changed, and the start of the answer that all changes have. */
static int begin(struct request *rq, const json_t *in, json_t *out, json_t **ret_repository)
{
	const json_t *found;
	int err;

	err = ecr_find_repository(rq, in, &found);
	if (err)
		return err;
	json_set_str(out, "registryId", rq->account);
	json_set(out, "repositoryName", json_get(in, "repositoryName"));
	*ret_repository = rq_copy(rq, found);
	return 0;
}

static void put(struct request *rq, const json_t *repository)
{
	store_put(rq->tx, REPOSITORY, json_str(repository, "repositoryName"), repository);
}

static int set_member(struct request *rq, const json_t *in, json_t *out, const char *name)
{
	json_t *repository;
	int err;

	err = begin(rq, in, out, &repository);
	if (err)
		return err;
	json_set(repository, name, json_get(in, name));
	json_set(out, name, json_get(in, name));
	put(rq, repository);
	return 0;
}

int ecr_put_image_tag_mutability(struct request *rq, const json_t *in, json_t *out)
{
	return set_member(rq, in, out, "imageTagMutability");
}

int ecr_put_image_scanning_configuration(struct request *rq, const json_t *in, json_t *out)
{
	return set_member(rq, in, out, "imageScanningConfiguration");
}

int ecr_set_repository_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *text = json_str_or(in, "policyText", "");
	json_t *document = json_read(text, strlen(text));
	const char *wrong = document ? policy_check(rq_keep(rq, document)) : "it is not JSON";
	json_t *repository;
	int err;

	err = begin(rq, in, out, &repository);
	if (err)
		return err;
	if (wrong)
		return fault(
			rq, ECR_InvalidParameterException,
			"Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid "
			"repository policy provided': %s",
			wrong);
	json_set_str(repository, "_policy", text);
	put(rq, repository);
	json_set_str(out, "policyText", text);
	return 0;
}

/* What is kept under `member` goes out under `name`, and away if `drop`. */
static int take_text(struct request *rq, const json_t *in, json_t *out, const char *member,
		     const char *name, int missing, bool drop)
{
	json_t *repository;
	int err;

	err = begin(rq, in, out, &repository);
	if (err)
		return err;
	if (!json_has(repository, member))
		return fault(rq, missing,
			     "%s policy does not exist for the repository with name '%s' in the "
			     "registry with id '%s'",
			     strcmp(name, "policyText") == 0 ? "Repository" : "Lifecycle",
			     json_str(in, "repositoryName"), rq->account);
	json_set(out, name, json_get(repository, member));
	json_drop(repository, member);
	if (drop)
		put(rq, repository);
	return 0;
}

int ecr_get_repository_policy(struct request *rq, const json_t *in, json_t *out)
{
	return take_text(rq, in, out, "_policy", "policyText",
			 ECR_RepositoryPolicyNotFoundException, false);
}

int ecr_delete_repository_policy(struct request *rq, const json_t *in, json_t *out)
{
	return take_text(rq, in, out, "_policy", "policyText",
			 ECR_RepositoryPolicyNotFoundException, true);
}

int ecr_put_lifecycle_policy(struct request *rq, const json_t *in, json_t *out)
{
	const char *text = json_str_or(in, "lifecyclePolicyText", "");
	const json_t *document = rq_keep(rq, json_read(text, strlen(text)));
	json_t *repository;
	int err;

	err = begin(rq, in, out, &repository);
	if (err)
		return err;
	/* json_is_array() looks at its argument twice: nothing is done in it. */
	if (!json_is_array(json_get(document, "rules")))
		return fault(
			rq, ECR_InvalidParameterException,
			"Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: "
			"'Lifecycle policy validation failure: string is not a policy'");
	json_set_str(repository, "_lifecycle", text);
	put(rq, repository);
	json_set_str(out, "lifecyclePolicyText", text);
	return 0;
}

int ecr_get_lifecycle_policy(struct request *rq, const json_t *in, json_t *out)
{
	return take_text(rq, in, out, "_lifecycle", "lifecyclePolicyText",
			 ECR_LifecyclePolicyNotFoundException, false);
}

int ecr_delete_lifecycle_policy(struct request *rq, const json_t *in, json_t *out)
{
	return take_text(rq, in, out, "_lifecycle", "lifecyclePolicyText",
			 ECR_LifecyclePolicyNotFoundException, true);
}

static const char *name_in(const char *arn)
{
	const char *marker = ":repository/";
	const char *found = arn ? strstr(arn, marker) : NULL;

	return found ? found + strlen(marker) : "";
}

const json_t *ecr_repository_policy(struct request *rq, const char *arn)
{
	const json_t *repository = store_get(rq->tx, REPOSITORY, name_in(arn));
	const char *text = json_str(repository, "_policy");
	json_t *document = text ? json_read(text, strlen(text)) : NULL;

	return document ? rq_keep(rq, document) : NULL;
}

static int tagged(struct request *rq, const json_t *in, json_t **ret_repository)
{
	const char *name = name_in(json_str(in, "resourceArn"));
	json_t *repository = store_edit(rq->tx, REPOSITORY, name);

	if (!repository)
		return not_found(rq, name);
	*ret_repository = repository;
	return 0;
}

static void drop_tag(json_t *tags, const char *key)
{
	for (size_t i = json_array_size(tags); i > 0; i--)
		if (strcmp(json_str_or(json_at(tags, i - 1), "Key", ""), key) == 0)
			json_array_remove(tags, i - 1);
}

int ecr_tag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *given = json_get(in, "tags");
	json_t *repository, *tags;
	const json_t *tag;
	size_t i;
	int err;

	err = tagged(rq, in, &repository);
	if (err)
		return err;
	tags = json_object_get(repository, "_tags");
	json_each (given, i, tag) {
		drop_tag(tags, json_str_or(tag, "Key", ""));
		json_push(tags, tag);
	}
	if (json_array_size(tags) > 50)
		return fault(rq, ECR_TooManyTagsException, "The repository has too many tags.");
	put(rq, repository);
	return 0;
}

int ecr_untag_resource(struct request *rq, const json_t *in, json_t *out)
{
	const json_t *keys = json_get(in, "tagKeys");
	json_t *repository;
	const json_t *key;
	size_t i;
	int err;

	err = tagged(rq, in, &repository);
	if (err)
		return err;
	json_each (keys, i, key)
		drop_tag(json_object_get(repository, "_tags"), json_string_value(key));
	put(rq, repository);
	return 0;
}

int ecr_list_tags_for_resource(struct request *rq, const json_t *in, json_t *out)
{
	json_t *repository;
	int err;

	err = tagged(rq, in, &repository);
	if (err)
		return err;
	json_set(out, "tags", json_get(repository, "_tags"));
	return 0;
}

/* "AWS" and a password of no use here: images come through the API, and nobody pulls them. */
int ecr_get_authorization_token(struct request *rq, const json_t *in, json_t *out)
{
	json_t *data = json_push_object(json_add_array(out, "authorizationData"));
	char password[PASSWORD_LEN + 1];
	struct buf token AUTO_BUF = {0};
	const char *text;

	rand_hex(password, PASSWORD_LEN);
	text = rq_fmt(rq, "AWS:%s", password);
	base64_encode(&token, text, strlen(text));
	json_set_str(data, "authorizationToken", buf_text(&token));
	json_set_num(data, "expiresAt", (double)(rq->real.ms + TOKEN_LIFE) / 1000);
	json_set_str(data, "proxyEndpoint",
		     rq_fmt(rq, "https://%s.dkr.ecr.%s.amazonaws.com", rq->account, rq->region));
	return 0;
}
