/*
 * page_read.c - reads a page: CommonMark's code blocks, headings and comments.
 */
#include "cli/page.h"
#include "cli/duration.h"

#include <cmark.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX ((size_t)1 << 20)
#define LAB_COMMENT "<!-- lab:"

struct reading {
	struct page page;
	char *section;
	char *why;
};

static void complain(struct reading *r, cmark_node *node, const char *what)
{
	if (!r->why)
		r->why = mem_fmt("line %d: %s", cmark_node_get_start_line(node), what);
}

/* The text below a node, without its marks; owned by the caller. */
static char *plain_text(cmark_node *node)
{
	cmark_iter *iter = cmark_iter_new(node);
	struct buf text = {0};
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		const char *literal = cmark_node_get_literal(cmark_iter_get_node(iter));

		if (event == CMARK_EVENT_ENTER && literal)
			buf_str(&text, literal);
	}
	cmark_iter_free(iter);
	return buf_take(&text);
}

static void take_heading(struct reading *r, cmark_node *node)
{
	char *text = plain_text(node);

	if (!r->page.title)
		r->page.title = mem_strdup(text);
	free(r->section);
	r->section = text;
}

static void take_comment(struct reading *r, cmark_node *node)
{
	const char *text = cmark_node_get_literal(node);
	const char *end;

	if (!text || strncmp(text, LAB_COMMENT, strlen(LAB_COMMENT)) != 0)
		return;
	text += strlen(LAB_COMMENT);
	text += strspn(text, " ");
	end = strstr(text, "-->");
	while (end && end > text && end[-1] == ' ')
		end--;
	if (!end) {
		complain(r, node, "the lab comment does not end");
		return;
	}
	free(r->page.lab);
	r->page.lab = mem_strndup(text, (size_t)(end - text));
}

static void take_script(struct reading *r, cmark_node *node)
{
	struct page *page = &r->page;

	page->blocks = mem_resize(page->blocks, (page->count + 1) * sizeof(struct page_block));
	page->blocks[page->count++] = (struct page_block){
		.section = mem_strdup(r->section ? r->section : ""),
		.script = mem_strdup(cmark_node_get_literal(node)),
		.line = cmark_node_get_start_line(node),
	};
}

static void take_expect(struct reading *r, cmark_node *node, const char *info)
{
	struct page_block *block = r->page.count ? &r->page.blocks[r->page.count - 1] : NULL;
	const char *literal = cmark_node_get_literal(node);

	if (!block || block->expect) {
		complain(r, node, "an expect block without a command before it");
		return;
	}
	if (!literal || strspn(literal, " \n") == strlen(literal)) {
		complain(r, node, "an expect block that expects nothing");
		return;
	}
	if (strncmp(info, " within ", 8) == 0 && !duration_read(info + 8, &block->within))
		complain(r, node, "no duration after 'within'");
	else if (*info && strncmp(info, " within ", 8) != 0)
		complain(r, node, "after 'expect' comes 'within' and a duration, or nothing");
	block->expect = mem_strdup(literal);
}

static void take_node(struct reading *r, cmark_node *node)
{
	const char *info;

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
		take_heading(r, node);
		break;
	case CMARK_NODE_HTML_BLOCK:
		take_comment(r, node);
		break;
	case CMARK_NODE_CODE_BLOCK:
		info = cmark_node_get_fence_info(node);
		if (strcmp(info, "sh") == 0)
			take_script(r, node);
		else if (strncmp(info, "expect", 6) == 0)
			take_expect(r, node, info + 6);
		break;
	default:
		break;
	}
}

static int read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	while (!feof(file) && !ferror(file) && out->len < PAGE_MAX)
		buf_wrote(out, fread(buf_room(out, 65536), 1, 65536, file));
	fclose(file);
	return out->len < PAGE_MAX ? 0 : -EFBIG;
}

int page_read(const char *path, struct page *ret_page, char **ret_why)
{
	AUTO_BUF struct buf text = {0};
	struct reading r = {0};
	cmark_node *document;
	int err = read_file(path, &text);

	*ret_why = NULL;
	if (err < 0)
		return err;
	document = cmark_parse_document(buf_text(&text), text.len, CMARK_OPT_DEFAULT);
	for (cmark_node *node = cmark_node_first_child(document); node;
	     node = cmark_node_next(node))
		take_node(&r, node);
	cmark_node_free(document);
	free(r.section);

	if (!r.why && r.page.count == 0)
		r.why = mem_strdup("no sh block: nothing to run");
	if (r.why) {
		*ret_why = r.why;
		page_free(&r.page);
		return -EINVAL;
	}
	*ret_page = r.page;
	return 0;
}

void page_free(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		free(page->blocks[i].section);
		free(page->blocks[i].script);
		free(page->blocks[i].expect);
	}
	free(page->blocks);
	free(page->title);
	free(page->lab);
	*page = (struct page){0};
}

/* '*' any text, '?' one character. Linear in memory; a star is tried at each place, once. */
static bool glob_matches(const char *glob, size_t glob_len, const char *text, size_t len)
{
	size_t g = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < len) {
		if (g < glob_len && glob[g] == '*') {
			star = g++;
			resume = t;
		} else if (g < glob_len && (glob[g] == '?' || glob[g] == text[t])) {
			g++;
			t++;
		} else if (star != SIZE_MAX) {
			g = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (g < glob_len && glob[g] == '*')
		g++;
	return g == glob_len;
}

static size_t line_length(const char *text)
{
	return strcspn(text, "\n");
}

static const char *next_line(const char *text)
{
	text += line_length(text);
	return *text ? text + 1 : text;
}

bool page_matches(const char *expect, const char *output)
{
	/* "..." is to lines what '*' is to characters; the same walk. */
	const char *after_dots = NULL, *resume = NULL;

	while (*output) {
		size_t want = line_length(expect);

		if (*expect && want == 3 && strncmp(expect, "...", 3) == 0) {
			expect = next_line(expect);
			after_dots = expect;
			resume = output;
		} else if (*expect && glob_matches(expect, want, output, line_length(output))) {
			expect = next_line(expect);
			output = next_line(output);
		} else if (after_dots) {
			expect = after_dots;
			resume = next_line(resume);
			output = resume;
		} else {
			return false;
		}
	}
	while (strncmp(expect, "...", 3) == 0 && line_length(expect) == 3)
		expect = next_line(expect);
	return *expect == '\0';
}
