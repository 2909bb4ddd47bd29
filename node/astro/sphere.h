/* Geometry on a sphere: angles between places, between a place and an edge. Pure. */
#ifndef ASTRO_SPHERE_H
#define ASTRO_SPHERE_H

#define SPHERE_EARTH_KM 6371.0088 /* mean radius of WGS-84 (IUGG): distances are off by up to 0.6 % */
#define SPHERE_MOON_KM  1737.4    /* mean radius (IAU WGCCRE 2015) */

/* Unit vector of a latitude and a longitude, degrees. */
void sphere_unit(double latitude_deg, double longitude_deg, double out[3]);
/* Angle between two unit vectors, rad, 0 to pi; exact for small and for large ones. */
double sphere_angle(const double a[3], const double b[3]);
/* Angle from ${p} to the nearest place of the great-circle arc (the shorter one) from ${a} to ${b}, unit vectors; rad. */
double sphere_angle_to_arc(const double p[3], const double a[3], const double b[3]);
/* Longitude difference ${to} - ${from} the shorter way round, degrees, -180 to below 180. */
double sphere_turn_deg(double from, double to);

#endif
