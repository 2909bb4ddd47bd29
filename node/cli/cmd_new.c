/* new: a form to fill in, or the schema that it must satisfy. No node. */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "cli/args.h"
#include "cli/screen.h"
#include "types/registry.h"

/* The types that have a form, for whoever named another. */
static int
refuse(const struct args *a)
{
    struct buf names;
    buf_init(&names, 4096);
    for (size_t i = 0; types_table[i] != NULL; i++) {
        if (types_table[i]->form != NULL)
            buf_put_fmt(&names, "%s%s", names.n > 0 ? ", " : "", types_table[i]->name);
    }
    int status = args_usage(a, "%.60s: expected one of %s", a->at[0], buf_cstr(&names));
    buf_release(&names);
    return status;
}

int
cmd_new(int argc, char **argv)
{
    struct args a;
    struct buf out;
    int status;
    if (!args_read(&a, "new", 1, 1, argc, argv, &status))
        return status;
    const struct type *type = registry_type_cstr(a.at[0]);
    if (type == NULL || type->form == NULL)
        return refuse(&a);
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (args_has(&a, "schema"))
        type->json_schema(&out);
    else
        type->form(&out);
    screen_flush(&out);
    buf_release(&out);
    return EXIT_DONE;
}
