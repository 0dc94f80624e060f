"""Images: from files to batches, augmentation, convolutional nets, and what one sees in them."""
