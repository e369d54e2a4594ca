"""Files that mean harm, pushed through Serialize's decoding under the function's limits."""
