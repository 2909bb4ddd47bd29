/* An alert as people are told of it, and what a receipt says. Pure. */
#ifndef PLUGINS_NOTIFY_ITEM_H
#define PLUGINS_NOTIFY_ITEM_H

#include "base/buf.h"
#include "plugins/line.h"

#define ITEM_ID_MAX     160
#define ITEM_KEY_MAX    640
#define ITEM_WORD_MAX   80
#define ITEM_TEXT_MAX   8192
#define ITEM_LINE_MAX   512
#define ITEM_INPUTS_MAX 2048

/* Texts are UTF-8 without control characters, whoever wrote them; only ${text} has ends of lines. */
struct item {
    char id[ITEM_ID_MAX]; /* of the record */
    char key
        [ITEM_KEY_MAX]; /* mode, origin and what it is about: a later record with the same one takes its place */
    char names[ITEM_INPUTS_MAX]; /* what a receipt may name, with blanks between */
    char mode[ITEM_WORD_MAX], type[ITEM_WORD_MAX], origin[ITEM_WORD_MAX];
    char level[ITEM_WORD_MAX]; /* "" = it has none */
    char state[ITEM_WORD_MAX]; /* RAISED, UPDATED, DOWNGRADED, CANCELLED or "" */
    char headline[ITEM_LINE_MAX];
    char text[ITEM_TEXT_MAX];
};

/* Is it a record that people are told of: an alert by a rule, or any of class `alert`? */
bool item_is_alert(const struct line_record *r);
/* 0, or -1: it has no id that can be told. */
int item_read(struct item *item, const struct line_record *r);

/* Is it one by which a person says to have seen an alert: a receipt, or a consultation that acknowledges? */
bool item_is_receipt(const struct line_record *r);
/* Does the receipt ${r} name ${item}, in the same mode? */
bool item_is_named(const struct item *item, const struct line_record *r);

#endif
