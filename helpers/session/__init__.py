"""What surrounds the cells of a notebook, so that they hold boto3 and little else."""
