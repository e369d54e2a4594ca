"""What photos cost a month on AWS, from counted work and one dated table of prices: `make cost`."""
