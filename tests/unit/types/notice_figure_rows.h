/* Read by eye against the files. */
{GOLDEN "launch/golden/01-full.launch-json", "launch-json",
 "due=1 window_opens_mjd=63331.8958333 window_closes_mjd=63331.9895833 launched_mjd=63331.9036111 "
 "azimuth_deg=98.5 inclination_deg=33 (opens_h=2397.5) (closes_h=2399.75) \n"},
    {GOLDEN "launch/golden/02-least.launch-json", "launch-json",
     "due=1 window_opens_mjd=63331.8958333 window_closes_mjd=63331.9895833 (opens_h=2397.5) "
     "(closes_h=2399.75) \n"},
    {GOLDEN "launch/golden/03-more.launch-json", "launch-json",
     "due=1 window_opens_mjd=63331.8958333 window_closes_mjd=63331.9895833 launched_mjd=63331.9036111 "
     "azimuth_deg=98.5 inclination_deg=33 (opens_h=2397.5) (closes_h=2399.75) \n"
     "due=1 window_opens_mjd=63331.8958333 window_closes_mjd=63331.9895833 (opens_h=2397.5) "
     "(closes_h=2399.75) \n"},
    {GOLDEN "lunar_activity/golden/01-full.lunar_activity-json", "lunar_activity-json",
     "in_force=1 radius_km=2 latitude_deg=-89.54 longitude_deg=221.6 start_mjd=63489 end_mjd=63507 "
     "(opens_h=6168) (closes_h=6600) \n"},
    {GOLDEN "lunar_activity/golden/02-least.lunar_activity-json", "lunar_activity-json",
     "in_force=1 start_mjd=63489 end_mjd=63507 (opens_h=6168) (closes_h=6600) \n"},
    {GOLDEN "lunar_activity/golden/03-more.lunar_activity-json", "lunar_activity-json",
     "in_force=1 radius_km=2 latitude_deg=-89.54 longitude_deg=221.6 start_mjd=63489 end_mjd=63507 "
     "(opens_h=6168) (closes_h=6600) \n"
     "in_force=1 start_mjd=63489 end_mjd=63507 (opens_h=6168) (closes_h=6600) \n"},
    {GOLDEN "anomaly/golden/01-full.anomaly-json", "anomaly-json",
     "ongoing=1 mission_lost=0 maneuverable=0 started_mjd=63386.6805556 ended_mjd=63388.0833333 "
     "(age_h=-3712.33333333) \n"},
    {GOLDEN "anomaly/golden/02-least.anomaly-json", "anomaly-json",
     "ongoing=1 mission_lost=0 started_mjd=63386.6805556 (age_h=-3712.33333333) \n"},
    {GOLDEN "anomaly/golden/03-more.anomaly-json", "anomaly-json",
     "ongoing=1 mission_lost=0 maneuverable=0 started_mjd=63386.6805556 ended_mjd=63388.0833333 "
     "(age_h=-3712.33333333) \n"
     "ongoing=1 mission_lost=0 started_mjd=63386.6805556 (age_h=-3712.33333333) \n"},
    {GOLDEN "neo_warning/golden/01-full.neo_warning-json", "neo_warning-json",
     "in_force=1 impact_probability=0.013 size_min_m=40 size_max_m=90 torino=3 palermo=-0.32 energy_mt=7.8 "
     "velocity_km_s=17.2 impact_first_mjd=67240.5451389 impact_last_mjd=67240.5902778 "
     "(impact_first_h=96205.0833333) \n"},
    {GOLDEN "neo_warning/golden/02-least.neo_warning-json", "neo_warning-json",
     "in_force=1 impact_probability=0.013 \n"},
    {GOLDEN "neo_warning/golden/03-more.neo_warning-json", "neo_warning-json",
     "in_force=1 impact_probability=0.013 size_min_m=40 size_max_m=90 torino=3 palermo=-0.32 energy_mt=7.8 "
     "velocity_km_s=17.2 impact_first_mjd=67240.5451389 impact_last_mjd=67240.5902778 "
     "(impact_first_h=96205.0833333) \n"
     "in_force=1 impact_probability=0.013 \n"},
