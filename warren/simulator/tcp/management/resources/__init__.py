"""One module for each kind of thing that the management API has paths for; each has a table `ROUTES`."""
