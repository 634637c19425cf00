# Count, sum, and the values by quantile; seconds.
_Summary = tuple[int, float, dict[float, float]]

# Name, meaning, type ("counter", "gauge", "summary"); each sample's labels and value.
_Family = tuple[str, str, str, list[tuple[dict[str, str], int | float | _Summary]]]

def metric_families() -> list[_Family]: ...
