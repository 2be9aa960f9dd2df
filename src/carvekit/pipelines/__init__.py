"""What an interface is made of besides the segmentation network: what comes before it and what comes after."""
