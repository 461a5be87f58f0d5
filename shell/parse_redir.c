/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parse_redir.c - redirections (XCU 2.7), and the bodies of here-documents (2.7.4), which are
 * read when the newline behind them is taken. See parser_core.h.
 */
#include "config.h"

#include <string.h>

#include "shell/parser_core.h"
#include "shell/shell.h"

/* ---- here-documents (XCU 2.7.4) ---- */

/* A line, its newline included; with `joins`, a line continuation makes it longer. */
static size_t here_line(struct sh_parser *p, bool joins) {
	size_t n = 0;
	for (int c; (c = sh_peek_at(p, n)) >= 0;) {
		n++;
		if (c == '\n') {
			break;
		}
		if (c == '\\' && joins && sh_peek_at(p, n) >= 0) {
			n++;
		}
	}
	return n;
}

/* Copy the line to `body` without its line continuations, when `joins`. */
static void here_append(struct cn_buf *body, const char *line, size_t len, bool joins) {
	for (size_t i = 0; i < len; i++) {
		if (joins && line[i] == '\\' && i + 1 < len) {
			i++;
			if (line[i] == '\n') {
				continue;
			}
			cn_buf_putc(body, '\\');
		}
		cn_buf_putc(body, line[i]);
	}
}

static void heredoc_read(struct sh_parser *p, struct sh_redir *redir) {
	struct cn_buf body = CN_BUF_INIT;
	size_t delimiter_len = strlen(redir->delimiter);
	int line = p->in->line;
	for (;;) {
		p->in->again = true;
		if (redir->strip) {
			while (sh_peek_at(p, 0) == '\t') {
				p->in->pos++;
			}
		}
		size_t len = here_line(p, !redir->quoted);
		if (len == 0) {
			break; // end of file: what there is
		}
		size_t start = body.len;
		const char *text = p->in->data + p->in->pos;
		here_append(&body, text, len, !redir->quoted);
		for (size_t i = 0; i < len; i++) {
			p->in->line += text[i] == '\n';
		}
		p->in->pos += len;
		size_t got = body.len - start;
		if (got > 0 && body.data[body.len - 1] == '\n') {
			got--;
		}
		if (got == delimiter_len && memcmp(body.data + start, redir->delimiter, got) == 0) {
			cn_buf_truncate(&body, start);
			break;
		}
	}
	if (memchr(body.data, '\0', body.len) != NULL) {
		sh_syntax_error(p, "NUL byte in the script");
	} else if (redir->quoted) {
		struct sh_word *word = sh_alloc_zero(&p->tree->arena, sizeof(*word));
		word->text = sh_arena_copy(&p->tree->arena, body.data, body.len);
		word->len = body.len;
		word->flags = SH_WORD_PLAIN | SH_WORD_NO_COMMANDS;
		redir->word = word;
	} else {
		redir->word = sh_lex_here(p, body.data, body.len, line);
	}
	cn_buf_finish(&body);
}

void sh_read_heredocs(struct sh_parser *p) {
	for (size_t i = 0; i < p->heredocs.len && !p->failed; i++) {
		heredoc_read(p, p->heredocs.items[i]);
	}
	p->heredocs.len = 0;
}

/* ---- redirections (XCU 2.7) ---- */

/* A here-document's delimiter: quotes removed, nothing expanded (2.7.4). NULL: there is none. */
static const char *take_delimiter(struct sh_parser *p, bool *quoted) {
	struct cn_buf text = CN_BUF_INIT;
	int quote = 0;
	int c;
	bool some = false;
	while ((c = sh_peek_char(p)) == ' ' || c == '\t') {
		sh_skip_char(p);
	}
	while ((c = quote == '\'' ? sh_peek_at(p, 0) : sh_peek_char(p)) >= 0 &&
			(quote != 0 || strchr(" \t\n|&;<>()", c) == NULL)) {
		sh_skip_char(p);
		some = true;
		if (c == quote || (quote == 0 && (c == '\'' || c == '"'))) {
			quote = quote == 0 ? c : 0;
			*quoted = true;
			continue;
		}
		if (c == '$' && quote == 0 && (sh_peek_char(p) == '\'')) {
			continue; // $'...', its escapes aside
		}
		if (c == '\\' && quote != '\'' &&
				(quote == 0 || (sh_peek_at(p, 0) >= 0 && strchr("$`\"\\", sh_peek_at(p, 0))))) {
			*quoted = true;
			c = sh_peek_at(p, 0);
			if (c < 0) {
				break;
			}
			sh_skip_char(p);
		}
		cn_buf_putc(&text, (char)c);
	}
	if (!some) {
		cn_buf_finish(&text);
		return NULL;
	}
	char *copy = sh_arena_copy(&p->tree->arena, text.data, text.len);
	cn_buf_finish(&text);
	return copy;
}

/* [n]op word, appended to the list. */
bool sh_parse_redir(struct sh_parser *p, struct sh_redir ***tail) {
	struct sh_redir *redir = sh_alloc_zero(&p->tree->arena, sizeof(*redir));
	struct sh_token *tok = sh_peek(p);
	redir->fd = -1;
	if (tok->type == SH_TOK_IO_NUMBER) {
		redir->fd = tok->number;
		sh_next(p);
		tok = sh_peek(p);
	}
	redir->kind = tok->redir;
	redir->strip = tok->strip;
	if (redir->fd < 0) {
		bool in = redir->kind == SH_REDIR_IN || redir->kind == SH_REDIR_RDWR ||
				redir->kind == SH_REDIR_DUP_IN || redir->kind == SH_REDIR_HERE ||
				redir->kind == SH_REDIR_HERE_STRING;
		redir->fd = in ? 0 : 1;
	}
	bool assign_ok = p->assign_ok;
	bool next_alias = p->next_alias;
	p->assign_ok = false;
	sh_next(p);
	if (redir->kind == SH_REDIR_HERE) {
		p->assign_ok = assign_ok;
		redir->delimiter = take_delimiter(p, &redir->quoted);
		if (redir->delimiter == NULL) {
			sh_peek(p);
			sh_unexpected(p);
			return false;
		}
		cn_vec_push(&p->heredocs, redir);
		**tail = redir;
		*tail = &redir->next;
		return !p->failed;
	}
	tok = sh_peek(p);
	p->assign_ok = assign_ok;
	p->next_alias |= next_alias;
	if (tok->type != SH_TOK_WORD) {
		sh_unexpected(p);
		return false;
	}
	redir->word = tok->word;
	**tail = redir;
	*tail = &redir->next;
	sh_next(p);
	return !p->failed;
}

struct sh_node *sh_parse_redirs(struct sh_parser *p, struct sh_node *node) {
	struct sh_redir **tail = &node->redirs;
	while (sh_token_is_redir(sh_peek(p))) {
		if (!sh_parse_redir(p, &tail)) {
			return NULL;
		}
	}
	return p->failed ? NULL : node;
}
