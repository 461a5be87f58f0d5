/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/list.h - a doubly linked list whose links stand inside its members. A list head is a
 * link that points to itself when empty. Nothing is allocated; a member is in one list per link.
 */
#ifndef CN_BASE_LIST_H
#define CN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct cn_list {
	struct cn_list *prev;
	struct cn_list *next;
};

static inline void cn_list_init(struct cn_list *list) {
	list->prev = list;
	list->next = list;
}

static inline bool cn_list_is_empty(const struct cn_list *list) {
	return list->next == list;
}

/* Put `link` behind `after` (the head: at the front). */
static inline void cn_list_insert(struct cn_list *after, struct cn_list *link) {
	link->prev = after;
	link->next = after->next;
	after->next->prev = link;
	after->next = link;
}

/* Put it at the end. */
static inline void cn_list_push(struct cn_list *list, struct cn_list *link) {
	cn_list_insert(list->prev, link);
}

/* Take it out; its links are as after init, so that removing twice is harmless. */
static inline void cn_list_remove(struct cn_list *link) {
	link->prev->next = link->next;
	link->next->prev = link->prev;
	cn_list_init(link);
}

/* The structure around the link. */
#define cn_list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

#define cn_list_each(link, list)                                                                   \
	for (struct cn_list *link = (list)->next; link != (list); link = link->next)

/* As cn_list_each, when the body may remove `link`. */
#define cn_list_each_safe(link, list)                                                              \
	for (struct cn_list *link = (list)->next, *link##_next = link->next; link != (list);           \
			link = link##_next, link##_next = link->next)

#endif
