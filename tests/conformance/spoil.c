#include "spoil.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Every text of the message, at any depth, replaced by ${text} in turn: the check refuses each. */
static void
assert_no_text_may_be(const char *name, const struct type *type, ProtobufCMessage *root,
                      ProtobufCMessage *msg, char *text)
{
    for (unsigned i = 0; i < msg->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];
        bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
        void *member = (char *)msg + field->offset;
        size_t n = is_list ? *(size_t *)((char *)msg + field->quantifier_offset) : 1;

        for (size_t k = 0; field->type == PROTOBUF_C_TYPE_MESSAGE && k < n; k++) {
            ProtobufCMessage *below =
                is_list ? (*(ProtobufCMessage ***)member)[k] : *(ProtobufCMessage **)member;

            if (below != NULL)
                assert_no_text_may_be(name, type, root, below, text);
        }
        if (field->type == PROTOBUF_C_TYPE_STRING && !is_list) {
            char *good = *(char **)member;
            struct why why = {.code = WHY_NONE};

            *(char **)member = text;
            if (type->check(root, &why) == 0)
                fail_msg("%s: %s took it", name, field->name);
            assert_int_not_equal(why.code, WHY_NONE);
            *(char **)member = good;
        }
    }
}

/* Lists of the message, at any depth, are bounded; a message that it holds is there. */
static void
assert_lists_end(const char *name, const struct type *type, ProtobufCMessage *root, ProtobufCMessage *msg)
{
    static ProtobufCMessage *many[5000];

    for (unsigned i = 0; i < msg->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &msg->descriptor->fields[i];
        bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
        void *member = (char *)msg + field->offset;
        void *good = *(void **)member;
        size_t *n = (size_t *)((char *)msg + field->quantifier_offset);
        size_t good_n;
        struct why why = {.code = WHY_NONE};

        if (field->type != PROTOBUF_C_TYPE_MESSAGE || good == NULL || (is_list && *n == 0))
            continue;
        if (!is_list)
            assert_lists_end(name, type, root, good);
        good_n = is_list ? *n : 0;
        for (size_t k = 0; is_list && k < sizeof many / sizeof *many; k++)
            many[k] = ((ProtobufCMessage **)good)[0];
        *(void **)member = is_list ? (void *)many : NULL;
        if (is_list)
            *n = sizeof many / sizeof *many;
        if (type->check(root, &why) == 0)
            fail_msg("%s: %s took it", name, field->name);
        *(void **)member = good;
        if (is_list)
            *n = good_n;
    }
}

void
spoil_all(const char *name, const struct type *type, ProtobufCMessage *root)
{
    static char control[] = "a\x01"
                            "b";
    static char hidden[] = "a\xC2\x9F"
                           "b";
    static char endless[20000];

    memset(endless, 'x', sizeof endless - 1);
    assert_no_text_may_be(name, type, root, root, control);
    assert_no_text_may_be(name, type, root, root, hidden);
    assert_no_text_may_be(name, type, root, root, endless);
    assert_lists_end(name, type, root, root);
}
