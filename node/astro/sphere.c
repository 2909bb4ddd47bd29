#include "astro/sphere.h"

#include <math.h>

#define RAD (3.14159265358979323846 / 180)

static double
dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void
cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

void
sphere_unit(double latitude_deg, double longitude_deg, double out[3])
{
    double r = cos(latitude_deg * RAD);

    out[0] = r * cos(longitude_deg * RAD);
    out[1] = r * sin(longitude_deg * RAD);
    out[2] = sin(latitude_deg * RAD);
}

double
sphere_angle(const double a[3], const double b[3])
{
    double n[3];

    cross(a, b, n);
    return atan2(sqrt(dot(n, n)), dot(a, b));
}

double
sphere_angle_to_arc(const double p[3], const double a[3], const double b[3])
{
    double n[3], left[3], right[3], size;

    cross(a, b, n);
    size = sqrt(dot(n, n));
    cross(n, a, left);
    cross(b, n, right);
    /* Beside the arc, not before or behind it. */
    if (size > 0 && dot(p, left) >= 0 && dot(p, right) >= 0)
        return fabs(asin(fmax(-1, fmin(1, dot(p, n) / size))));
    return fmin(sphere_angle(p, a), sphere_angle(p, b));
}

double
sphere_turn_deg(double from, double to)
{
    double turn = to - from;

    if (!(fabs(turn) < 360))
        turn = fmod(turn, 360);

    if (turn < -180)
        return turn + 360;
    return turn >= 180 ? turn - 360 : turn;
}
