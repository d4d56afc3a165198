/*
 * cidr_test.c - addresses and blocks read strictly and compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/cidr.h"

static void a_block_loses_its_host_bits(void **state)
{
	char text[CIDR_TEXT];
	struct cidr cidr;

	assert_true(cidr_parse("10.0.4.17/22", &cidr));
	assert_string_equal(cidr_text(cidr, text), "10.0.4.0/22");
	assert_int_equal(cidr_size(cidr), 1024);
	assert_true(cidr_parse("0.0.0.0/0", &cidr));
	assert_string_equal(cidr_text(cidr, text), "0.0.0.0/0");
	assert_true(cidr_parse("255.255.255.255/32", &cidr));
	assert_string_equal(cidr_text(cidr, text), "255.255.255.255/32");
}

static void what_is_no_block_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "10.0.0.0",
					  "10.0.0.0/33",
					  "10.0.0/8",
					  "10.0.0.256/8",
					  "01.0.0.0/8",
					  "10.0.0.0/",
					  "10.0.0.0/8 ",
					  "10.0.0.0.0/8",
					  " 10.0.0.0/8",
					  "10.0.0.0/-1",
					  "1000.0.0.0/8"};
	struct cidr cidr;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cidr_parse(bad[i], &cidr));
	assert_false(cidr_parse(NULL, &cidr));
}

static void blocks_hold_and_overlap(void **state)
{
	struct cidr vpc, one, other;

	assert_true(cidr_parse("10.0.0.0/16", &vpc));
	assert_true(cidr_parse("10.0.4.0/22", &one));
	assert_true(cidr_parse("10.0.8.0/22", &other));
	assert_true(cidr_holds(vpc, one));
	assert_false(cidr_holds(one, vpc));
	assert_true(cidr_overlaps(vpc, one));
	assert_true(cidr_overlaps(one, vpc));
	assert_false(cidr_overlaps(one, other));
}

static void an_address_is_a_number(void **state)
{
	char text[CIDR_TEXT];
	uint32_t address;

	assert_true(ipv4_parse("10.0.4.17", &address));
	assert_int_equal(address, 0x0a000411);
	assert_string_equal(ipv4_text(address, text), "10.0.4.17");
	assert_false(ipv4_parse("10.0.4.17/32", &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_loses_its_host_bits),
		cmocka_unit_test(what_is_no_block_is_refused),
		cmocka_unit_test(blocks_hold_and_overlap),
		cmocka_unit_test(an_address_is_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
