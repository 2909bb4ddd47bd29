/*
 * XML as events, over a short way for what is plain and libxml2's SAX2 with everything switched off that reaches out or expands: no DTD, no entities but the five of
 * XML, no network, UTF-8 (and declared ISO-8859-1 or windows-1252), bounded depth. Names are local names: a prefix says nothing here.
 */
#ifndef SYNTAX_XML_H
#define SYNTAX_XML_H

#include "base/buf.h"
#include "base/why.h"
#include "syntax/place.h"

struct xml_attribute {
    struct span name;
    struct span value;
};

#define XML_ATTRIBUTE_MAX 16

enum xml_kind { XML_START, XML_END };

struct xml_event {
    enum xml_kind kind;
    unsigned depth; /* 0 = the root element; an end has the depth of its start */
    struct span name;
    struct span text;                      /* END of an element without children: its text; empty otherwise */
    bool is_leaf;                          /* END: no element stood in it */
    size_t offset;                         /* START: of its `<`; END: behind its `>` */
    struct place place;                    /* START: of its `<`; END: of the first byte of its text */
    const struct xml_attribute *attribute; /* START only */
    size_t attribute_count;
};

/* Returns 0 to go on, -1 with ${why} set to stop. Spans are valid during the call. */
typedef int xml_event_fn(void *cookie, const struct xml_event *event, struct why *why);

/* Walk all of ${input}. 0, or -1 with ${why} (TEXT_SYNTAX, TEXT_ENCODING, TEXT_LIMIT, or what ${fn} says). */
int xml_read(struct span input, xml_event_fn *fn, void *cookie, struct why *why);
/* The same by libxml2 alone, which is several times slower: the measure for tests. */
int xml_read_libxml2(struct span input, xml_event_fn *fn, void *cookie, struct why *why);

/* The value of an attribute; {NULL, 0} if there is none of that name. */
struct span xml_attribute(const struct xml_event *event, const char *name);

/*
 * For probes: the local names of the first elements in ${head}, at most ${max}, without looking at the text between. Returns their
 * number, 0 when ${head} is not XML.
 */
size_t xml_sniff(struct span head, struct span *names, size_t max);

/* Append text with what XML needs escaped. */
void xml_put(struct buf *out, struct span text);

#endif
