/*
 * clock.c - two kinds of time that do not mix.
 */
#include "lib/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t kernel_us(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

real_ms clock_real(void)
{
	return (real_ms){kernel_us(CLOCK_REALTIME) / 1000};
}

int64_t clock_real_us(void)
{
	return kernel_us(CLOCK_REALTIME);
}

msec clock_monotonic(void)
{
	return kernel_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
	return kernel_us(CLOCK_MONOTONIC);
}

int64_t clock_thread_cpu_us(void)
{
	return kernel_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t clock_process_cpu_us(int pid)
{
	clockid_t which;

	return clock_getcpuclockid(pid, &which) == 0 ? kernel_us(which) : -1;
}

struct lab_clock lab_clock_start(lab_ms lab, int64_t speed)
{
	return (struct lab_clock){.real = clock_real(), .lab = lab, .speed = speed};
}

lab_ms lab_clock_at(const struct lab_clock *clock, real_ms when)
{
	int64_t passed = when.ms - clock->real.ms;

	/* The kernel's clock may be set back; ours never goes back. */
	if (passed < 0)
		passed = 0;
	return (lab_ms){clock->lab.ms + passed * clock->speed / 1000};
}

lab_ms lab_clock_now(const struct lab_clock *clock)
{
	return lab_clock_at(clock, clock_real());
}

void lab_clock_set_speed(struct lab_clock *clock, int64_t speed)
{
	real_ms now = clock_real();

	*clock = (struct lab_clock){.real = now, .lab = lab_clock_at(clock, now), .speed = speed};
}

void lab_clock_step(struct lab_clock *clock, msec by)
{
	if (by > 0)
		clock->lab.ms += by;
}

msec lab_clock_real_until(const struct lab_clock *clock, lab_ms when)
{
	int64_t left = when.ms - lab_clock_now(clock).ms;

	if (left <= 0)
		return 0;
	if (clock->speed == 0)
		return -1;
	return (left * 1000 + clock->speed - 1) / clock->speed;
}

static struct tm utc(int64_t ms)
{
	/* Rounded down, before 1970 as well. */
	time_t seconds = (time_t)((ms - (ms < 0 ? 999 : 0)) / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return tm;
}

static char *written(const struct tm *tm, const char *format, char text[CLOCK_TEXT])
{
	if (strftime(text, CLOCK_TEXT, format, tm) == 0)
		text[0] = '\0';
	return text;
}

char *clock_iso(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm tm = utc(ms);
	int rest = (int)(((ms % 1000) + 1000) % 1000);
	char seconds[CLOCK_TEXT];

	written(&tm, "%Y-%m-%dT%H:%M:%S", seconds);
	snprintf(text, CLOCK_TEXT, "%.30s.%03dZ", seconds, rest);
	return text;
}

char *clock_iso_seconds(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm tm = utc(ms);

	return written(&tm, "%Y-%m-%dT%H:%M:%SZ", text);
}

char *clock_http(real_ms when, char text[CLOCK_TEXT])
{
	struct tm tm = utc(when.ms);

	return written(&tm, "%a, %d %b %Y %H:%M:%S GMT", text);
}

char *clock_amz(real_ms when, char text[CLOCK_TEXT])
{
	struct tm tm = utc(when.ms);

	return written(&tm, "%Y%m%dT%H%M%SZ", text);
}

static bool in_range(const struct tm *tm)
{
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 && tm->tm_min < 60 &&
	       tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* "Z", "+hh:mm" or "-hh:mm", and nothing behind it; in minutes east of UTC. */
static bool parse_zone(const char *text, int *ret_minutes)
{
	int hours, minutes, end = 0;
	char sign;

	if (strcmp(text, "Z") == 0 || strcmp(text, "") == 0) {
		*ret_minutes = 0;
		return true;
	}
	if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 || text[end] != '\0')
		return false;
	if ((sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;

	*ret_minutes = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return true;
}

bool clock_parse_iso(const char *text, int64_t *ret_ms)
{
	struct tm tm = {0};
	int end = 0, zone, scale = 100;
	int64_t fraction = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6)
		return false;

	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	text += end;
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++, scale /= 10)
			fraction += (*text - '0') * scale;
	}
	if (!in_range(&tm) || !parse_zone(text, &zone))
		return false;

	*ret_ms = (int64_t)timegm(&tm) * 1000 + fraction - zone * MINUTE;
	return true;
}

/* A number of so many digits; -1 when other bytes, or the text's end, are among them. */
static int digits_at(const char *text, int digits)
{
	int number = 0;

	for (; digits > 0; digits--, text++) {
		if (!isdigit((unsigned char)*text))
			return -1;
		number = number * 10 + (*text - '0');
	}
	return number;
}

/* By hand: sscanf would be a tenth of what checking a signature costs. */
bool clock_parse_amz(const char *text, real_ms *ret_when)
{
	struct tm tm = {0};

	if (strlen(text) != strlen("yyyymmddThhmmssZ") || text[8] != 'T' || text[15] != 'Z')
		return false;

	tm.tm_year = digits_at(text, 4) - 1900;
	tm.tm_mon = digits_at(text + 4, 2) - 1;
	tm.tm_mday = digits_at(text + 6, 2);
	tm.tm_hour = digits_at(text + 9, 2);
	tm.tm_min = digits_at(text + 11, 2);
	tm.tm_sec = digits_at(text + 13, 2);
	if (tm.tm_year < -1900 || !in_range(&tm))
		return false;

	*ret_when = (real_ms){(int64_t)timegm(&tm) * 1000};
	return true;
}
