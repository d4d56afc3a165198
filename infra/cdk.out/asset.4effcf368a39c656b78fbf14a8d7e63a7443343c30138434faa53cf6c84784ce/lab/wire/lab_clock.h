/*
 * lab_clock.h - how a container that is one of our own roles learns the lab clock, though it is an AWS
 * client like any other and no data plane: descriptor LAB_CLOCK_FD is a file that the task plane writes
 * anew when the clock changes, "<real ms> <lab ms> <speed>".
 */
#ifndef WIRE_LAB_CLOCK_H
#define WIRE_LAB_CLOCK_H

#define LAB_CLOCK_FD 3

/* Three numbers of fixed width and a line end, so that one write replaces another. */
#define LAB_CLOCK_FORM "%020lld %020lld %020lld\n"
#define LAB_CLOCK_TEXT 63

#endif
