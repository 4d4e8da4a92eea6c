"""What every room stands on: states, jobs, audit, problems. It knows no business."""
