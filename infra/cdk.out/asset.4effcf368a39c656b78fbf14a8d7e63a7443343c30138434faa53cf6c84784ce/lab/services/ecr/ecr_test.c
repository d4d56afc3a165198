/*
 * ecr_test.c - an image pushed through the API, found again by tag and digest, and refused as AWS does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab/services/ecr/ecr.h"
#include "lab/services/ecr/nouns.h"

#include "lab/services/ecr/image_tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct service *const services[] = {&ecr_service, NULL};

struct world {
	struct lab *lab;
	char dir[32];
	char fault_code[128];
	char fault_message[512];
};

struct kept {
	struct world *world;
	json_t *out;
};

static void keep(const struct lab_reply *reply, void *user)
{
	struct kept *kept = user;
	struct world *world = kept->world;

	assert_true(reply->result >= 0);
	if (reply->result == 0) {
		kept->out = json_deep_copy(reply->out);
		return;
	}
	snprintf(world->fault_code, sizeof(world->fault_code), "%s", reply->fault->code);
	snprintf(world->fault_message, sizeof(world->fault_message), "%s", reply->fault->message);
}

/* The answer, owned by the caller; NULL on a fault. Takes `in`. */
static json_t *ask(struct world *world, int op, json_t *in)
{
	const struct principal person = {
		.kind = PRINCIPAL_OPERATOR,
		.arn = "arn:aws:iam::123456789012:root",
		.user_id = "123456789012",
	};
	struct kept kept = {.world = world};
	const struct lab_call call = {.model = &ecr_model,
				      .op = op,
				      .in = in,
				      .caller = &person,
				      .done = keep,
				      .user = &kept};

	assert_non_null(in);
	lab_run(world->lab, &call);
	lab_turn(world->lab);
	json_decref(in);
	return kept.out;
}

static json_t *done(struct world *world, int op, json_t *in)
{
	json_t *out = ask(world, op, in);

	if (!out)
		fail_msg("%s: %s", world->fault_code, world->fault_message);
	return out;
}

static void refused(struct world *world, int op, json_t *in, const char *code)
{
	AUTO_JSON json_t *out = ask(world, op, in);

	assert_null(out);
	assert_string_equal(world->fault_code, code);
}

static int opened(void **state)
{
	struct world *world = mem_new(struct world);
	struct lab_options options = {.number = 7, .speed = 0, .seed = 42, .services = services};

	snprintf(world->dir, sizeof(world->dir), "/tmp/ecr-test-XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	options.dir = world->dir;
	assert_int_equal(lab_open(NULL, &options, &world->lab), 0);
	json_decref(done(world, ECR_CreateRepository,
			 json_pack("{s:s}", "repositoryName", "team/app")));
	*state = world;
	return 0;
}

static int closed(void **state)
{
	struct world *world = *state;

	lab_close(world->lab);
	assert_int_equal(tree_remove(AT_FDCWD, world->dir), 0);
	free(world);
	return 0;
}

/* Its digest, to be freed. */
static char *upload(struct world *world, const void *data, size_t len, const char *digest)
{
	AUTO_JSON json_t *begun = done(world, ECR_InitiateLayerUpload,
				       json_pack("{s:s}", "repositoryName", "team/app"));
	const char *id = json_str(begun, "uploadId");
	json_t *part = json_pack("{s:s,s:s,s:i,s:I}", "repositoryName", "team/app", "uploadId", id,
				 "partFirstByte", 0, "partLastByte", (json_int_t)len - 1);

	json_give(part, "layerPartBlob", json_stringn_nocheck(data, len));
	json_decref(done(world, ECR_UploadLayerPart, part));
	json_decref(done(world, ECR_CompleteLayerUpload,
			 json_pack("{s:s,s:s,s:[s]}", "repositoryName", "team/app", "uploadId", id,
				   "layerDigests", digest)));
	return mem_strdup(digest);
}

/* A tar archive with one empty file: a header block and two of zeros. */
static void make_layer(unsigned char layer[1536], const char *name)
{
	unsigned int sum = 0;

	memset(layer, 0, 1536);
	snprintf((char *)layer, 100, "%s", name);
	snprintf((char *)layer + 100, 8, "0000755");
	snprintf((char *)layer + 124, 12, "00000000000");
	snprintf((char *)layer + 136, 12, "00000000000");
	memset(layer + 148, ' ', 8);
	layer[156] = '0';
	memcpy(layer + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < 512; i++)
		sum += layer[i];
	snprintf((char *)layer + 148, 8, "%06o", sum);
}

static const char config[] = "{\"config\": {\"Entrypoint\": [\"/app\"]}}";
/* sha256 of config, of make_layer("app") and of make_layer("../app") */
#define CONFIG "sha256:66637b28454f9a52bd126e338b0789785eda88704635f159307c002a71680bd7"
#define LAYER_OK "sha256:ac5cefa8a1bcc99028513e72a916b4a88d1d26302789106282a7f64e0ec85205"
#define LAYER_OUT "sha256:08a6e385ea808f7dfe19369c42a13b908701ee4f8b8dbdcd6dced5c700a2bc05"

static json_t *image_of(const char *layer, const char *tag)
{
	AUTO_FREE char *manifest = mem_fmt(
		"{\"schemaVersion\": 2, \"mediaType\": \"%s\", \"config\": {\"digest\": \"%s\", "
		"\"size\": %zu}, \"layers\": [{\"digest\": \"%s\", \"size\": 1536}]}",
		"application/vnd.docker.distribution.manifest.v2+json", CONFIG, sizeof(config) - 1,
		layer);

	return json_pack("{s:s,s:s,s:s}", "repositoryName", "team/app", "imageManifest", manifest,
			 "imageTag", tag);
}

static void push_layer(struct world *world, const char *name, const char *digest)
{
	unsigned char layer[1536];

	make_layer(layer, name);
	free(upload(world, layer, sizeof(layer), digest));
}

static void push(struct world *world, const char *name, const char *digest)
{
	push_layer(world, name, digest);
	free(upload(world, config, sizeof(config) - 1, CONFIG));
}

static void an_image_is_found_by_tag_and_digest_and_can_run(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *put = NULL, *got = NULL, *described = NULL;
	AUTO_FREE char *program = NULL;
	const char *digest;
	struct stat found;

	push(world, "app", LAYER_OK);
	put = done(world, ECR_PutImage, image_of(LAYER_OK, "v1"));
	digest = json_path_str(put, "image.imageId.imageDigest");
	got = done(world, ECR_BatchGetImage,
		   json_pack("{s:s,s:[{s:s},{s:s},{s:s}]}", "repositoryName", "team/app",
			     "imageIds", "imageTag", "v1", "imageDigest", digest, "imageTag",
			     "v2"));
	assert_int_equal(json_array_size(json_get(got, "images")), 2);
	assert_string_equal(json_path_str(got, "failures.0.failureCode"), "ImageNotFound");
	described =
		done(world, ECR_DescribeImages, json_pack("{s:s}", "repositoryName", "team/app"));
	assert_string_equal(json_path_str(described, "imageDetails.0.imageTags.0"), "v1");
	program = mem_fmt("%s/images/sha256-%s/rootfs/app", world->dir, digest + strlen("sha256:"));
	assert_int_equal(stat(program, &found), 0);
	assert_int_equal(found.st_mode, S_IFREG | 0555);
	refused(world, ECR_PutImage, image_of(LAYER_OK, "v1"), "ImageAlreadyExistsException");
}

static void what_would_get_out_leaves_nothing_behind(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *outside = mem_fmt("%s/images/app", world->dir);
	AUTO_FREE char *images = mem_fmt("%s/images", world->dir);

	push(world, "../app", LAYER_OUT);
	refused(world, ECR_PutImage, image_of(LAYER_OUT, "v1"), "InvalidParameterException");
	assert_int_not_equal(access(outside, F_OK), 0);
	assert_int_equal(rmdir(images), 0);
	assert_int_equal(mkdir(images, 0755), 0);
}

static void a_layer_is_what_its_digest_says(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *begun = done(world, ECR_InitiateLayerUpload,
				       json_pack("{s:s}", "repositoryName", "team/app"));
	const char *id = json_str(begun, "uploadId");

	refused(world, ECR_UploadLayerPart,
		json_pack("{s:s,s:s,s:i,s:i,s:s}", "repositoryName", "team/app", "uploadId", id,
			  "partFirstByte", 5, "partLastByte", 8, "layerPartBlob", "abcd"),
		"InvalidLayerPartException");
	refused(world, ECR_CompleteLayerUpload,
		json_pack("{s:s,s:s,s:[s]}", "repositoryName", "team/app", "uploadId", id,
			  "layerDigests", CONFIG),
		"EmptyUploadException");
	json_decref(done(world, ECR_UploadLayerPart,
			 json_pack("{s:s,s:s,s:i,s:i,s:s}", "repositoryName", "team/app",
				   "uploadId", id, "partFirstByte", 0, "partLastByte", 3,
				   "layerPartBlob", "abcd")));
	refused(world, ECR_CompleteLayerUpload,
		json_pack("{s:s,s:s,s:[s]}", "repositoryName", "team/app", "uploadId", id,
			  "layerDigests", CONFIG),
		"InvalidLayerException");
	refused(world, ECR_PutImage, image_of(LAYER_OK, "v1"), "LayersNotFoundException");
}

static void a_layer_that_rotted_on_disk_is_uploaded_again(void **state)
{
	struct world *world = *state;
	AUTO_FREE char *path =
		mem_fmt("%s/layers/sha256-%s", world->dir, &LAYER_OK[strlen("sha256:")]);
	FILE *file;

	push(world, "app", LAYER_OK);
	file = fopen(path, "r+");
	assert_non_null(file);
	fputc('X', file);
	fclose(file);
	refused(world, ECR_PutImage, image_of(LAYER_OK, "v1"), "LayersNotFoundException");
	assert_int_not_equal(access(path, F_OK), 0);
	push_layer(world, "app", LAYER_OK);
	json_decref(done(world, ECR_PutImage, image_of(LAYER_OK, "v1")));
}

static void a_forgotten_upload_goes_after_a_day(void **state)
{
	struct world *world = *state;
	AUTO_JSON json_t *begun = done(world, ECR_InitiateLayerUpload,
				       json_pack("{s:s}", "repositoryName", "team/app"));
	const char *id = json_str(begun, "uploadId");
	struct lab_clock clock = *lab_clock(world->lab);

	lab_clock_step(&clock, DAY);
	lab_clock_change(world->lab, &clock);
	json_decref(done(world, ECR_InitiateLayerUpload,
			 json_pack("{s:s}", "repositoryName", "team/app")));
	refused(world, ECR_UploadLayerPart,
		json_pack("{s:s,s:s,s:i,s:i,s:s}", "repositoryName", "team/app", "uploadId", id,
			  "partFirstByte", 0, "partLastByte", 3, "layerPartBlob", "abcd"),
		"UploadNotFoundException");
}

static void a_repository_with_images_goes_by_force_only(void **state)
{
	struct world *world = *state;

	push(world, "app", LAYER_OK);
	json_decref(done(world, ECR_PutImage, image_of(LAYER_OK, "v1")));
	refused(world, ECR_DeleteRepository, json_pack("{s:s}", "repositoryName", "team/app"),
		"RepositoryNotEmptyException");
	json_decref(done(world, ECR_DeleteRepository,
			 json_pack("{s:s,s:b}", "repositoryName", "team/app", "force", 1)));
	refused(world, ECR_DescribeRepositories,
		json_pack("{s:[s]}", "repositoryNames", "team/app"), "RepositoryNotFoundException");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_image_is_found_by_tag_and_digest_and_can_run),
		TEST(what_would_get_out_leaves_nothing_behind),
		TEST(a_layer_is_what_its_digest_says),
		TEST(a_layer_that_rotted_on_disk_is_uploaded_again),
		TEST(a_forgotten_upload_goes_after_a_day),
		TEST(a_repository_with_images_goes_by_force_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
