/*
 * carrier.c - the fleet carries a lab's orders. A file of its own: a unit test goes without a fleet,
 * and without what a fleet needs.
 */
#include "lab/aws/inside.h"

static const struct carrier fleet_carrier = {
	.want = fleet_want,
	.dismiss = fleet_dismiss,
	.commit = fleet_commit,
	.tell_clock = fleet_tell_clock,
	.hear_again = fleet_hear_again,
};

void lab_set_fleet(struct lab *lab, struct fleet *fleet)
{
	lab->fleet = fleet;
	lab->carrier = &fleet_carrier;
	fleet_tell_clock(fleet, &lab->clock);
}
