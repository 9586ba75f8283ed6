/* found.h - the answer of a look-up. "Not there" and "could not ask" never look alike. */
#ifndef BASE_FOUND_H
#define BASE_FOUND_H

enum found { FOUND, NOT_FOUND, LOOKUP_FAILED };

#endif
