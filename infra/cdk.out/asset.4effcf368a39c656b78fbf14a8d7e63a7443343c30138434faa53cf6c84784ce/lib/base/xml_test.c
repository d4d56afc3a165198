/*
 * xml_test.c - XML as a tree, and what is refused.
 */
#include "lib/base/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *read_text(const char *text)
{
	return xml_read(text, strlen(text));
}

static void assert_tree(const char *xml, const char *expected)
{
	AUTO_JSON json_t *tree = read_text(xml);
	AUTO_FREE char *text = NULL;

	assert_non_null(tree);
	text = json_text(tree);
	assert_string_equal(text, expected);
}

static void repeated_elements_become_a_list(void **state)
{
	assert_tree("<R><A>1</A><L><member>x</member><member>y</member></L></R>",
		    "{\"R\":{\"A\":\"1\",\"L\":{\"member\":[\"x\",\"y\"]}}}");
	assert_tree("<R><A><B>1</B></A><A><B>2</B></A><A><B>3</B></A></R>",
		    "{\"R\":{\"A\":[{\"B\":\"1\"},{\"B\":\"2\"},{\"B\":\"3\"}]}}");
}

static void namespaces_attributes_and_white_space_are_dropped(void **state)
{
	assert_tree("<?xml version=\"1.0\"?>\n<R xmlns=\"http://x/\">\n <a:B a:c=\"d\" "
		    "xmlns:a=\"u\"> two words </a:B>\n <E/>\n</R>\n",
		    "{\"R\":{\"B\":\" two words \",\"E\":\"\"}}");
}

static void predefined_entities_are_read(void **state)
{
	assert_tree("<R>a &lt;&amp;&gt; &#233;<![CDATA[<x>]]></R>",
		    "{\"R\":\"a <&> \xC3\xA9<x>\"}");
}

static void a_document_type_is_refused(void **state)
{
	assert_null(read_text("<!DOCTYPE R [<!ENTITY a \"aaaa\">]><R>&a;</R>"));
	assert_null(read_text("<!DOCTYPE R SYSTEM \"file:///etc/passwd\"><R/>"));
	assert_null(read_text("<R>&a;</R>"));
}

static void what_is_not_well_formed_is_refused(void **state)
{
	assert_null(read_text(""));
	assert_null(read_text("<R>"));
	assert_null(read_text("<R></S>"));
	assert_null(read_text("<R/><R/>"));
	assert_null(xml_read("<R>\0</R>", 8));
}

static void depth_has_a_limit(void **state)
{
	AUTO_BUF struct buf text = {0};
	AUTO_JSON json_t *tree = NULL;

	for (int i = 0; i < 64; i++)
		buf_str(&text, "<a>");
	for (int i = 0; i < 64; i++)
		buf_str(&text, "</a>");
	tree = xml_read(text.data, text.len);
	assert_non_null(tree);

	buf_clear(&text);
	for (int i = 0; i < 65; i++)
		buf_str(&text, "<a>");
	for (int i = 0; i < 65; i++)
		buf_str(&text, "</a>");
	assert_null(xml_read(text.data, text.len));
}

static void a_list_is_none_one_or_many(void **state)
{
	AUTO_JSON json_t *tree = read_text("<R><A>1</A><B>1</B><B>2</B></R>");
	AUTO_JSON json_t *none = xml_list(json_get(tree, "R"), "C");
	AUTO_JSON json_t *one = xml_list(json_get(tree, "R"), "A");
	AUTO_JSON json_t *two = xml_list(json_get(tree, "R"), "B");

	assert_int_equal(json_array_size(none), 0);
	assert_int_equal(json_array_size(one), 1);
	assert_int_equal(json_array_size(two), 2);
	assert_string_equal(json_string_value(json_at(two, 1)), "2");
}

static void what_is_escaped_reads_back_the_same(void **state)
{
	static const char text[] = "a<b>&\"c'\r\n\td";
	AUTO_BUF struct buf xml = {0};
	AUTO_JSON json_t *tree = NULL;

	buf_str(&xml, "<R>");
	xml_escape(&xml, text, sizeof(text) - 1);
	buf_str(&xml, "</R>");
	tree = xml_read(xml.data, xml.len);
	assert_string_equal(json_str(tree, "R"), text);

	buf_clear(&xml);
	xml_escape(&xml, "\x01", 1);
	assert_string_equal(buf_text(&xml), "\xEF\xBF\xBD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_elements_become_a_list),
		cmocka_unit_test(namespaces_attributes_and_white_space_are_dropped),
		cmocka_unit_test(predefined_entities_are_read),
		cmocka_unit_test(a_document_type_is_refused),
		cmocka_unit_test(what_is_not_well_formed_is_refused),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(a_list_is_none_one_or_many),
		cmocka_unit_test(what_is_escaped_reads_back_the_same),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
