"""Images that are read anew for each batch, by processes of their own: for data sets that do not fit into memory."""

import torch
from torch.utils.data import DataLoader, Dataset

from coursekit.device import get_device
from coursekit.loaders import Loaders
from coursekit.vision.images import as_bytes, open_image


class ImageFiles(Dataset):
    """Files as a data set of torch's: item i is the image as bytes, uint8 (3, size, size), and its label."""

    def __init__(self, files, labels, size, how="crop"):
        self.files, self.labels, self.size, self.how = files, labels, size, how

    def __len__(self):
        """The number of images."""
        return len(self.files)

    def __getitem__(self, i):
        """Image `i`, decoded now; raises `ImageError` for a file that is none."""
        return as_bytes(open_image(self.files[i]), self.size, self.how), self.labels[i]


class FileLoader:
    """Batches (images, labels) on the device, like `ImageLoader`'s, of `ImageFiles` that torch's DataLoader reads.

    While a model works on one batch, `workers` processes read the next ones. Bytes travel, through pinned memory
    where there is a CUDA device; there they become numbers from 0 to 1, changed by `augment(images, generator)`.
    """

    def __init__(self, files, augment=None, batch_size=64, shuffle=False, workers=2, seed=0, device=None):
        self.device, self.augment = get_device() if device is None else torch.device(device), augment
        self.generator = torch.Generator().manual_seed(seed)  # of the order and of the augmentation
        self.batches = DataLoader(files, batch_size, shuffle, num_workers=workers, generator=self.generator,
                                  pin_memory=self.device.type == "cuda")

    def __len__(self):
        """The number of batches; the last one may be smaller."""
        return len(self.batches)

    def __iter__(self):
        """The batches of one pass."""
        for pixels, labels in self.batches:
            images = pixels.to(self.device, non_blocking=True).float() / 255
            labels = labels.to(self.device, non_blocking=True)
            yield (images if self.augment is None else self.augment(images, self.generator)), labels

    @property
    def all_targets(self):
        """The labels, in the order of the files."""
        return self.batches.dataset.labels

    def plain(self):
        """The same images in their own order, not augmented: what a trained model is measured on."""
        return FileLoader(self.batches.dataset, batch_size=self.batches.batch_size, workers=self.batches.num_workers,
                          device=self.device)


def file_loaders(images, size, batch_size=64, augment=None, how="crop", workers=2, seed=0, device=None):
    """Loaders of `Images` as `images.loaders` gives, but nothing stays in memory; `workers` 0 reads in this process."""
    def of(chosen):
        indices = chosen.nonzero().squeeze(1)
        return ImageFiles([images.files[i] for i in indices], images.labels[indices], size, how)

    settings = {"workers": workers, "device": device}
    train = FileLoader(of(~images.valid), augment, batch_size, shuffle=True, seed=seed, **settings)
    if not images.valid.any():
        return Loaders(train)
    return Loaders(train, FileLoader(of(images.valid), batch_size=2 * batch_size, **settings))
