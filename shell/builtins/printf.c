/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/*
 * printf [-v NAME] FORMAT [ARGUMENT...] (XCU printf). All output is gathered first and leaves in
 * one write. Beside the standard: `%q` quotes for the shell, `\e`, `\xHH`, `\uHHHH` and
 * `\UHHHHHHHH` are escapes, `-v` assigns instead of writing.
 */

enum flags { LEFT = 1, PLUS = 2, SPACE = 4, ALTERNATE = 8, ZERO = 16, GROUPED = 32 };

static const char flag_chars[] = "-+ #0'"; // in the order of enum flags

struct spec {
	unsigned flags; // enum flags
	int width;
	int precision; // -1: none
	size_t operand; // of `%n$`, from 1; 0: the next one
	char conversion;
	const char *start; // of the text, for messages
	size_t len;
};

struct printer {
	struct shell *sh;
	struct cn_buf out;
	char **args; // of this pass through the format; NULL-terminated
	size_t count; // of args
	size_t next; // the next one without a number
	size_t used; // how many this pass took
	bool stop; // `\c`
	int status;
};

/*
 * Operands
 */

/* The operand with this number, or the next one; NULL when there are no more. */
static const char *operand(struct printer *p, size_t number) {
	size_t index = number > 0 ? number - 1 : p->next++;
	p->used = index + 1 > p->used ? index + 1 : p->used;
	return index < p->count ? p->args[index] : NULL;
}

static void complain(struct printer *p, const char *text, const char *why) {
	sh_error(p->sh, "%s: %s", text, why);
	p->status = 1;
}

/* `'c` or `"c`: the code of the character (XCU printf, 7. of the extended description). */
static bool is_char_constant(const char *text) {
	return *text == '\'' || *text == '"';
}

static intmax_t char_constant(struct printer *p, const char *text) {
	uint32_t value = 0;
	size_t left = strlen(++text);
	size_t n = left == 0 ? 0 : sh_char(p->sh, text, left, &value);
	if (n == 1) {
		value = (unsigned char)text[0]; // also a byte that is no character
	}
	if (n < left) {
		complain(p, text - 1, "extra characters ignored");
		p->status = 0;
	}
	return value;
}

/* Complain about a number that is none, or not all of one, or too large. */
static void check_number(struct printer *p, const char *text, const char *end) {
	if (end == text || *end != '\0') {
		complain(p, text, end == text ? "not a number" : "not all of it is a number");
	} else if (errno == ERANGE) {
		complain(p, text, "number out of range");
	}
}

static uintmax_t integer_operand(struct printer *p, size_t number, bool is_signed) {
	const char *text = operand(p, number);
	if (text == NULL || *text == '\0') {
		return 0;
	}
	if (is_char_constant(text)) {
		return (uintmax_t)char_constant(p, text);
	}
	char *end;
	errno = 0;
	uintmax_t value = is_signed ? (uintmax_t)strtoimax(text, &end, 0) : strtoumax(text, &end, 0);
	check_number(p, text, end);
	return value;
}

static double float_operand(struct printer *p, size_t number) {
	const char *text = operand(p, number);
	if (text == NULL || *text == '\0') {
		return 0;
	}
	if (is_char_constant(text)) {
		return (double)char_constant(p, text);
	}
	char *end;
	errno = 0;
	double value = strtod(text, &end);
	if (errno == ERANGE && value > -1 && value < 1) {
		errno = 0; // underflow: as near as a double comes
	}
	check_number(p, text, end);
	return value;
}

/*
 * Escapes
 */

/* Read up to `max` digits of the base at s. Returns where they end. */
static const char *read_digits(const char *s, size_t max, unsigned base, uint32_t *value) {
	*value = 0;
	for (; max > 0 && isxdigit((unsigned char)*s); max--, s++) {
		unsigned digit = *s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10;
		if (digit >= base) {
			break;
		}
		*value = *value * base + digit;
	}
	return s;
}

static void put_code_point(struct cn_buf *out, uint32_t code) {
	char bytes[MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t n = wcrtomb(bytes, (wchar_t)code, &state);
	if (n != (size_t)-1) {
		cn_buf_append(out, bytes, n);
	} else {
		cn_buf_printf(out, code > 0xffff ? "\\U%08" PRIX32 : "\\u%04" PRIX32, code);
	}
}

/* The escapes that stand for a number. Returns where it ends, or NULL when it is none of them. */
static const char *put_numeric_escape(struct cn_buf *out, const char *s) {
	uint32_t code;
	size_t max = *s == 'x' ? 2 : *s == 'u' ? 4 : 8;
	if (*s >= '0' && *s <= '7') {
		s = read_digits(s, 3, 8, &code);
	} else if ((*s == 'x' || *s == 'u' || *s == 'U') && isxdigit((unsigned char)s[1])) {
		bool is_byte = *s == 'x';
		s = read_digits(s + 1, max, 16, &code);
		if (!is_byte) {
			put_code_point(out, code);
			return s;
		}
	} else {
		return NULL;
	}
	cn_buf_putc(out, (char)code);
	return s;
}

/* Put what the escape with `s` behind its backslash stands for. Returns where it ends. */
static const char *put_escape(struct cn_buf *out, const char *s) {
	static const char letters[] = "\\abefnrtv\"'";
	static const char values[] = "\\\a\b\033\f\n\r\t\v\"'";
	const char *letter = *s == '\0' ? NULL : strchr(letters, *s);
	if (letter != NULL) {
		cn_buf_putc(out, values[letter - letters]);
		return s + 1;
	}
	const char *end = put_numeric_escape(out, s);
	if (end == NULL) {
		cn_buf_putc(out, '\\');
		end = s;
	}
	return end;
}

/* The operand of `%b`. Returns false at `\c`: no more output. */
static bool put_escaped(struct cn_buf *out, const char *s) {
	while (*s != '\0') {
		size_t plain = strcspn(s, "\\");
		cn_buf_append(out, s, plain);
		s += plain;
		if (*s == '\0') {
			break;
		}
		s++;
		if (*s == 'c') {
			return false;
		}
		if (*s == '0' && s[1] >= '0' && s[1] <= '7') {
			s++; // `\0` and up to three digits
		}
		s = put_escape(out, s);
	}
	return true;
}

/*
 * Conversions
 */

/* For `%q`: as it stands if nothing in it is special to the shell, else in single quotes. */
static void put_quoted(struct cn_buf *out, const char *s) {
	static const char safe[] =
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	if (*s != '\0' && s[strspn(s, safe)] == '\0') {
		cn_buf_puts(out, s);
		return;
	}
	cn_buf_putc(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'') {
			cn_buf_puts(out, "'\\''");
		} else {
			cn_buf_putc(out, *s);
		}
	}
	cn_buf_putc(out, '\'');
}

static void put_spaces(struct cn_buf *out, size_t count) {
	for (; count > 0; count--) {
		cn_buf_putc(out, ' ');
	}
}

static void put_padded(struct printer *p, const struct spec *spec, const char *text, size_t len) {
	if (spec->precision >= 0 && len > (size_t)spec->precision) {
		len = (size_t)spec->precision;
	}
	size_t pad = spec->width > 0 && (size_t)spec->width > len ? spec->width - len : 0;
	if (!(spec->flags & LEFT)) {
		put_spaces(&p->out, pad);
	}
	cn_buf_append(&p->out, text, len);
	if (spec->flags & LEFT) {
		put_spaces(&p->out, pad);
	}
}

static void put_decimal(struct cn_buf *out, intmax_t value) {
	char digits[24];
	char *s = digits + sizeof(digits);
	uintmax_t left = value < 0 ? -(uintmax_t)value : (uintmax_t)value;
	do {
		*--s = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0) {
		*--s = '-';
	}
	cn_buf_append(out, s, digits + sizeof(digits) - s);
}

/* The C format for the spec: flags, `*.*` where they are set, `modifier`, conversion. */
static const char *c_format(const struct spec *spec, const char *modifier, char format[20]) {
	char *f = format;
	*f++ = '%';
	for (size_t i = 0; flag_chars[i] != '\0'; i++) {
		if (spec->flags & 1u << i) {
			*f++ = flag_chars[i];
		}
	}
	f = stpcpy(f, "*.*");
	f = stpcpy(f, modifier);
	*f++ = spec->conversion;
	*f = '\0';
	return format;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" // what c_format() makes

static void put_integer(struct printer *p, const struct spec *spec) {
	char format[20];
	bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';
	uintmax_t value = integer_operand(p, spec->operand, is_signed);
	if (spec->len == 2 && is_signed) { // plain `%d`: the one that loops are made of
		put_decimal(&p->out, (intmax_t)value);
		return;
	}
	cn_buf_printf(&p->out, c_format(spec, "j", format), spec->width, spec->precision, value);
}

static void put_float(struct printer *p, const struct spec *spec) {
	char format[20];
	double value = float_operand(p, spec->operand);
	cn_buf_printf(&p->out, c_format(spec, "", format), spec->width, spec->precision, value);
}

#pragma GCC diagnostic pop

static void put_string(struct printer *p, const struct spec *spec) {
	const char *text = operand(p, spec->operand);
	text = text == NULL ? "" : text;
	if (spec->conversion == 's') {
		put_padded(p, spec, text, strlen(text));
	} else if (spec->conversion == 'c') {
		put_padded(p, spec, text, 1); // of nothing, the NUL, as other shells do
	} else {
		struct cn_buf made = CN_BUF_INIT;
		if (spec->conversion == 'b') {
			p->stop = !put_escaped(&made, text);
		} else {
			put_quoted(&made, text);
		}
		put_padded(p, spec, made.data, made.len);
		cn_buf_finish(&made);
	}
}

static void put_conversion(struct printer *p, const struct spec *spec) {
	switch (spec->conversion) {
	case 'd':
	case 'i':
	case 'o':
	case 'u':
	case 'x':
	case 'X':
		put_integer(p, spec);
		break;
	case 'a':
	case 'A':
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		put_float(p, spec);
		break;
	case 'b':
	case 'c':
	case 'q':
	case 's':
		put_string(p, spec);
		break;
	default:
		sh_error(p->sh, "%.*s: unknown conversion", (int)spec->len, spec->start);
		p->status = 1;
		p->stop = true;
	}
}

/*
 * The format
 */

/* Read the digits at s, if any. Returns where they end. */
static const char *read_count(const char *s, int *count) {
	for (*count = 0; *s >= '0' && *s <= '9'; s++) {
		*count = *count > INT_MAX / 10 - 1 ? INT_MAX / 10 : *count * 10 + (*s - '0');
	}
	return s;
}

/* A field width or precision: digits, `*`, or `*n$`. Returns where it ends. */
static const char *read_size(struct printer *p, const char *s, int *size) {
	if (*s != '*') {
		return read_count(s, size);
	}
	int number;
	const char *end = read_count(++s, &number);
	bool numbered = number > 0 && *end == '$';
	intmax_t value = (intmax_t)integer_operand(p, numbered ? (size_t)number : 0, true);
	*size = value > INT_MAX ? INT_MAX : value < -INT_MAX ? -INT_MAX : (int)value;
	return numbered ? end + 1 : s;
}

/* Read the conversion specification whose `%` is at s. Returns where it ends. */
static const char *read_spec(struct printer *p, const char *s, struct spec *spec) {
	const char *flag;
	int number;
	*spec = (struct spec){ .precision = -1, .start = s };
	const char *end = read_count(++s, &number);
	if (number > 0 && *end == '$') {
		spec->operand = (size_t)number;
		s = end + 1;
	}
	for (; *s != '\0' && (flag = strchr(flag_chars, *s)) != NULL; s++) {
		spec->flags |= 1u << (flag - flag_chars);
	}
	s = read_size(p, s, &spec->width);
	if (spec->width < 0) {
		spec->flags |= LEFT;
		spec->width = -spec->width;
	}
	if (*s == '.') {
		s = read_size(p, s + 1, &spec->precision);
	}
	s += strspn(s, "hlLjzt"); // as C writes them; they mean nothing here
	spec->conversion = *s;
	s += *s != '\0';
	spec->len = s - spec->start;
	return s;
}

static void print_once(struct printer *p, const char *s) {
	while (*s != '\0' && !p->stop) {
		size_t plain = strcspn(s, "%\\");
		cn_buf_append(&p->out, s, plain);
		s += plain;
		if (*s == '\\') {
			s = put_escape(&p->out, s + 1);
		} else if (*s == '%' && s[1] == '%') {
			cn_buf_putc(&p->out, '%');
			s += 2;
		} else if (*s == '%') {
			struct spec spec;
			s = read_spec(p, s, &spec);
			put_conversion(p, &spec);
		}
	}
}

/* Print, and again for the operands that are left, as long as the format takes any. */
static void print_all(struct printer *p, const char *format) {
	do {
		p->next = 0;
		p->used = 0;
		print_once(p, format);
		size_t taken = p->used < p->count ? p->used : p->count;
		p->args += taken;
		p->count -= taken;
	} while (p->used > 0 && p->count > 0 && !p->stop);
}

/* Deliver what was printed. Returns the status. */
static int finish(struct printer *p, const char *variable) {
	if (p->out.failed) {
		sh_error(p->sh, "out of memory");
		p->status = 1;
	} else if (variable == NULL) {
		sh_write(p->sh, p->out.data, p->out.len);
	} else if (sh_ref_set(p->sh, variable, p->out.data, strlen(p->out.data)) != 0) {
		p->status = 2;
	}
	cn_buf_finish(&p->out);
	return p->status;
}

static int run_printf(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	const char *variable = NULL;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "v:")) != -1;) {
		if (c == '?') {
			return 2;
		}
		variable = opts.arg;
	}
	if (opts.index == argc) {
		return sh_usage(sh, NULL);
	}
	struct printer p = { .sh = sh, .args = argv + opts.index + 1 };
	p.count = argc - opts.index - 1;
	cn_buf_init(&p.out);
	print_all(&p, argv[opts.index]);
	return finish(&p, variable);
}

const struct sh_builtin sh_builtin_printf = { "printf", run_printf, SH_BUILTIN_BY_PATH,
	"[-v NAME] FORMAT [ARGUMENT...]" };
