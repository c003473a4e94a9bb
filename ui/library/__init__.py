"""The library tab: a table of the papers, additions, a map and a chart of their years."""
