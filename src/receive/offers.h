/*
 * offers.h - what a client is offered: options, daemon modifiers, and the letters of the srv_features ruleset.
 *
 * Lower case turns a feature on, upper case off (contract/smtp.md 7.7). Private to receive/. Blocks: on the rules' maps.
 */
#ifndef RECEIVE_OFFERS_H
#define RECEIVE_OFFERS_H

#include "receive/session.h"

/* Fills s->features; an answer of $#temp makes the session refuse everything for now. */
void features_ask(struct session *s);
/* Applies one word of srv_features ("g2", "P"); false when the letter is unknown. */
bool features_apply(unsigned *features, struct view word);
/* Do the tokens begin with $#? */
bool features_is_result(const struct tokens *t);

#endif
