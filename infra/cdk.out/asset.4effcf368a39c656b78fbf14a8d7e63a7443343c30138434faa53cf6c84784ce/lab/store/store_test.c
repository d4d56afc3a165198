/*
 * store_test.c - documents, savepoints, events, and what a kill -9 leaves.
 */
#include "lab/store/store.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KIND "test/thing"

static int in_memory(void **state)
{
	struct store *store = NULL;

	assert_int_equal(store_open(NULL, &store), 0);
	*state = store;
	return 0;
}

static int closed(void **state)
{
	store_close(*state);
	return 0;
}

static void put(struct tx *tx, const char *key, int value)
{
	AUTO_JSON json_t *document = json_pack("{s:i}", "value", value);

	store_put(tx, KIND, key, document);
}

static int64_t value_of(struct tx *tx, const char *key)
{
	return json_int_or(store_get(tx, KIND, key), "value", -1);
}

static void a_document_is_there_after_its_commit_only(void **state)
{
	struct store *store = *state;
	struct tx *tx = tx_begin(store);

	put(tx, "a", 1);
	assert_int_equal(value_of(tx, "a"), 1);
	tx_rollback(tx);

	tx = tx_begin(store);
	assert_null(store_get(tx, KIND, "a"));
	put(tx, "a", 2);
	assert_int_equal(tx_commit(tx), 0);

	tx = tx_begin(store);
	assert_int_equal(value_of(tx, "a"), 2);
	assert_true(store_delete(tx, KIND, "a"));
	assert_false(store_delete(tx, KIND, "a"));
	tx_rollback(tx);

	tx = tx_begin(store);
	assert_int_equal(value_of(tx, "a"), 2);
	tx_rollback(tx);
}

static void a_tree_stays_as_it_was_read(void **state)
{
	struct tx *tx = tx_begin(*state);
	const json_t *before;
	json_t *edited;

	put(tx, "a", 1);
	before = store_get(tx, KIND, "a");
	edited = store_edit(tx, KIND, "a");
	json_set_int(edited, "value", 2);
	assert_int_equal(value_of(tx, "a"), 1);

	store_put(tx, KIND, "a", edited);
	json_set_int(edited, "value", 3);
	assert_int_equal(json_int_or(before, "value", 0), 1);
	assert_int_equal(value_of(tx, "a"), 2);
	store_delete(tx, KIND, "a");
	assert_int_equal(json_int_or(before, "value", 0), 1);
	assert_int_equal(tx_commit(tx), 0);
}

static void an_undone_savepoint_takes_its_events_along(void **state)
{
	struct store *store = *state;
	struct tx *tx = tx_begin(store);
	AUTO_JSON json_t *events = NULL;

	tx_savepoint(tx);
	put(tx, "a", 1);
	publish(tx, "first", NULL);

	tx_savepoint(tx);
	tx_savepoint(tx);
	put(tx, "a", 2);
	put(tx, "b", 2);
	publish(tx, "second", NULL);
	tx_release(tx);
	assert_int_equal(value_of(tx, "a"), 2);
	tx_undo(tx);

	assert_int_equal(value_of(tx, "a"), 1);
	assert_null(store_get(tx, KIND, "b"));
	tx_release(tx);
	assert_int_equal(tx_commit(tx), 0);

	events = store_take_events(store);
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(json_path_str(events, "0.event"), "first");
}

static void a_savepoint_that_only_read_costs_nothing(void **state)
{
	struct tx *tx = tx_begin(*state);

	tx_savepoint(tx);
	assert_null(store_get(tx, KIND, "a"));
	tx_undo(tx);
	tx_savepoint(tx);
	put(tx, "a", 1);
	tx_release(tx);
	tx_savepoint(tx);
	assert_int_equal(value_of(tx, "a"), 1);
	tx_undo(tx);
	assert_int_equal(value_of(tx, "a"), 1);
	assert_int_equal(tx_commit(tx), 0);
}

static void lists_are_in_the_order_of_their_keys(void **state)
{
	struct tx *tx = tx_begin(*state);
	const json_t *all;
	const json_t *keys;

	put(tx, "/b/2", 2);
	put(tx, "/b", 0);
	put(tx, "/b/1", 1);
	put(tx, "/b%", 9);
	put(tx, "/c", 3);

	all = store_list_prefix(tx, KIND, "/b/");
	assert_int_equal(json_array_size(all), 2);
	assert_int_equal(json_int_or(json_at(all, 0), "value", 0), 1);
	assert_int_equal(json_array_size(store_list(tx, KIND)), 5);
	assert_int_equal(store_count(tx, KIND), 5);
	assert_int_equal(store_count(tx, "test/other"), 0);

	keys = store_keys(tx, KIND, "/b");
	assert_int_equal(json_array_size(keys), 4);
	assert_string_equal(json_path_str(keys, "1"), "/b%");
	tx_rollback(tx);
}

static void bytes_that_are_no_text_spoil_their_savepoint_only(void **state)
{
	struct tx *tx = tx_begin(*state);
	json_t *document = store_new(tx);

	put(tx, "a", 1);
	tx_savepoint(tx);
	json_give(document, "blob", json_stringn_nocheck("\xff\xfe", 2));
	store_put(tx, KIND, "bad", document);
	assert_int_equal(tx_error(tx), -EILSEQ);
	put(tx, "b", 1);
	tx_undo(tx);

	assert_int_equal(tx_error(tx), 0);
	assert_null(store_get(tx, KIND, "b"));
	assert_int_equal(tx_commit(tx), 0);
	tx = tx_begin(*state);
	assert_int_equal(value_of(tx, "a"), 1);
	store_put(tx, KIND, "bad", document);
	assert_int_equal(tx_commit(tx), -EILSEQ);
}

static void sequences_count_from_one_each_by_its_name(void **state)
{
	struct tx *tx = tx_begin(*state);

	assert_int_equal(store_next(tx, "a"), 1);
	assert_int_equal(store_next(tx, "a"), 2);
	assert_int_equal(store_next(tx, "b"), 1);
	tx_savepoint(tx);
	assert_int_equal(store_next(tx, "a"), 3);
	tx_undo(tx);
	assert_int_equal(store_next(tx, "a"), 3);
	assert_int_equal(tx_commit(tx), 0);
}

/* The last thing a child does is a commit, then it is killed in the middle of the next one. */
static void write_and_die(const char *path)
{
	struct store *store = NULL;
	struct tx *tx;

	if (store_open(path, &store) < 0)
		_exit(1);
	tx = tx_begin(store);
	put(tx, "kept", 1);
	if (tx_commit(tx) < 0)
		_exit(2);
	tx = tx_begin(store);
	put(tx, "kept", 2);
	put(tx, "lost", 2);
	kill(getpid(), SIGKILL);
}

static void what_was_committed_survives_kill_9(void **state)
{
	char dir[] = "/tmp/golden-store-XXXXXX";
	struct store *store = NULL;
	struct stat stat_of;
	struct tx *tx;
	int status = 0;
	pid_t child;

	assert_non_null(mkdtemp(dir));
	AUTO_FREE char *path = mem_fmt("%s/state.db", dir);
	child = fork();
	if (child == 0)
		write_and_die(path);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));

	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(store_open(path, &store), 0);
	tx = tx_begin(store);
	assert_int_equal(value_of(tx, "kept"), 1);
	assert_null(store_get(tx, KIND, "lost"));
	tx_rollback(tx);
	store_close(store);

	AUTO_FREE char *wal = mem_fmt("%s-wal", path);
	AUTO_FREE char *shm = mem_fmt("%s-shm", path);

	unlink(wal);
	unlink(shm);
	unlink(path);
	rmdir(dir);
}

static void a_file_that_is_no_database_is_refused(void **state)
{
	char path[] = "/tmp/golden-store-XXXXXX";
	struct store *store = NULL;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, "this is no database, is it? no it isn't", 39), 39);
	close(fd);
	assert_int_equal(store_open(path, &store), -EUCLEAN);
	unlink(path);
	assert_int_equal(store_open("/nowhere/state.db", &store), -ENOENT);
}

static void the_cache_forgets_without_losing(void **state)
{
	struct tx *tx = tx_begin(*state);
	int i;

	for (i = 0; i < 9000; i++) {
		AUTO_FREE char *key = mem_fmt("%05d", i);

		put(tx, key, i);
	}
	assert_int_equal(value_of(tx, "00000"), 0);
	assert_int_equal(value_of(tx, "08999"), 8999);
	assert_int_equal(json_array_size(store_list(tx, KIND)), 9000);
	assert_int_equal(tx_commit(tx), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, in_memory, closed)
	const struct CMUnitTest tests[] = {
		TEST(a_document_is_there_after_its_commit_only),
		TEST(a_tree_stays_as_it_was_read),
		TEST(an_undone_savepoint_takes_its_events_along),
		TEST(a_savepoint_that_only_read_costs_nothing),
		TEST(lists_are_in_the_order_of_their_keys),
		TEST(bytes_that_are_no_text_spoil_their_savepoint_only),
		TEST(sequences_count_from_one_each_by_its_name),
		TEST(the_cache_forgets_without_losing),
		cmocka_unit_test(what_was_committed_survives_kill_9),
		cmocka_unit_test(a_file_that_is_no_database_is_refused),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
