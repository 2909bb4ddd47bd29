/* rules: the alert rules that a node derives its alerts by, supplied or its own. Reads its rules.yaml; needs no running node, and no node at all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "cli/args.h"
#include "core/object.h"
#include "cli/screen.h"
#include "watch/borders_find.h"
#include "watch/rule.h"

#define PATH_BYTES 4096

/* The node's own rules onto the supplied ones, where there are any. */
static int
take_own(const struct args *a, const char *path, struct rule_table *t)
{
    struct buf text;
    struct why why;
    int status = EXIT_DONE;

    why_clear(&why);
    buf_init(&text, LIMIT_CONF_BYTES);
    if (file_read(path, &text) != 0)
        status = errno == ENOENT ? EXIT_DONE : args_fail(a, "%s: %s", path, strerror(errno));
    else if (rule_table_override(t, buf_span(&text), &why) != 0)
        status = args_refuse(&why, path);
    buf_release(&text);
    return status;
}

static void
put_condition(const struct rule_condition *c, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "figure", c->figure);
    object_str(out, "sign", rule_sign(c->op));
    object_raw(out, "threshold", span_str(c->text));
    if (c->has_clear)
        object_raw(out, "clear", span_str(c->clear_text));
    object_close(out);
}

/* The territories of a rule that is about them, and whether each is in force. */
static void
put_territories_json(const struct territory_table *t, const struct territory_map *m, struct buf *out)
{
    struct buf text;

    object_open_list(out, "territories");
    for (size_t i = 0; i < t->n; i++) {
        buf_init(&text, LIMIT_TEXT_BYTES);
        territory_print(&t->of[i], &text);
        object_open(out, NULL);
        object_str(out, "id", t->of[i].id);
        object_str(out, "is", buf_cstr(&text));
        object_bool(out, "in_force", m->note[i][0] == 0);
        object_str(out, "note", m->note[i]);
        object_close(out);
        buf_release(&text);
    }
    object_close_list(out);
}

static void
put_territories(const struct territory_table *t, const struct territory_map *m, const char *path,
                struct buf *out)
{
    if (t->n == 0)
        buf_put_str(out, "    no territory is configured, and it judges nothing: `territories` of rules.yaml "
                         "names them\n");
    for (size_t i = 0; i < t->n; i++) {
        buf_put_fmt(out, "    over %s: ", t->of[i].id);
        territory_print(&t->of[i], out);
        buf_put_fmt(out, " (%s:%u)", path, t->of[i].line);
        if (m->note[i][0] != 0)
            buf_put_fmt(out, " NOT IN FORCE: %s", m->note[i]);
        buf_put_byte(out, '\n');
    }
}

static void
put_json(const struct rule_table *t, const struct rule *r, const struct territory_map *m, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "id", r->id);
    object_str(out, "version", r->version);
    object_str(out, "title", r->title);
    object_str(out, "type", r->type->name);
    object_bool(out, "overridden", r->overridden);
    object_bool(out, "off", r->levels == 0);
    object_bool(out, "in_force", rule_is_in_force(t, r));
    if (r->overridden)
        object_uint(out, "line", r->line);
    object_open_list(out, "levels");
    for (size_t i = 0; i < r->levels; i++) {
        object_open(out, NULL);
        object_str(out, "level", r->level[i].name);
        object_open_list(out, "when");
        for (size_t k = 0; k < r->level[i].n; k++)
            put_condition(&r->level[i].when[k], out);
        object_close_list(out);
        object_close(out);
    }
    object_close_list(out);
    if (r->relation == RULE_TERRITORY)
        put_territories_json(&t->territories, m, out);
    object_close(out);
    buf_put_byte(out, '\n');
}

static void
put_text(const struct rule_table *t, const struct rule *r, const struct territory_map *m, const char *path,
         struct buf *out)
{
    buf_put_fmt(out, "%s %s%s  %s: ", r->id, r->version, r->overridden ? "*" : "", r->type->name);
    text_quote(out, span_str(r->title), sizeof r->title);
    buf_put_byte(out, '\n');
    if (r->overridden)
        buf_put_fmt(out, "    * not a supplied rule: %s:%u\n", path, r->line);
    if (r->levels == 0)
        buf_put_str(out, "    it is off\n");
    for (size_t i = 0; i < r->levels; i++) {
        buf_put_fmt(out, "    %-16s when ", r->level[i].name);
        rule_print_when(&r->level[i], out);
        buf_put_fmt(out, "\n    %-16s until ", "");
        rule_print_clear(&r->level[i], out);
        buf_put_byte(out, '\n');
    }
    if (r->relation == RULE_TERRITORY)
        put_territories(&t->territories, m, path, out);
}

/* Shapes of the territories, as the node that runs here makes them. */
static void
make_map(const struct territory_table *t, struct territory_map *m)
{
    char path[BORDERS_PATH_MAX];
    struct borders file;
    struct why why;
    int found = 0;

    why_clear(&why);
    if (territory_wants_borders(t) && (found = borders_find(&file, NULL, path, &why)) < 0)
        fprintf(stderr, "%s: %s\n", path, why.note);
    territory_map_make(t, found > 0 ? &file : NULL, m);
    if (found > 0)
        borders_release(&file);
}

int
cmd_rules(int argc, char **argv)
{
    struct args a;
    struct rule_table *t;
    struct territory_map map;
    struct buf out;
    char path[PATH_BYTES] = "rules.yaml";
    size_t own = 0;
    int status;

    if (!args_read(&a, "rules", 0, 0, argc, argv, &status))
        return status;
    t = rule_table_new();
    if (args_node(&a) != NULL) {
        (void)snprintf(path, sizeof path, "%s/rules.yaml", args_node(&a));
        status = take_own(&a, path, t);
    }
    make_map(&t->territories, &map);
    buf_init(&out, LIMIT_API_BYTES);
    for (size_t i = 0; i < t->n && status == EXIT_DONE; i++) {
        own += t->rule[i].overridden;
        if (args_has(&a, "json"))
            put_json(t, &t->rule[i], &map, &out);
        else
            put_text(t, &t->rule[i], &map, path, &out);
    }
    screen_flush(&out);
    if (status == EXIT_DONE && !args_has(&a, "json"))
        printf("\n%zu rules, %zu of them not as supplied%s\n", t->n, own,
               args_node(&a) == NULL ? " (no node is named)" : "");
    buf_release(&out);
    territory_map_release(&map);
    free(t);
    return status;
}
