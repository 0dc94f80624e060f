"""What the app says of an image: a probability for each class and, if asked, where the net has looked."""


import torch
from torchvision.transforms.v2.functional import to_pil_image

from coursekit.plots import data_url
from coursekit.serve.images import decode
from coursekit.vision.heatmaps import grad_cam


def answer(classifier, content, max_pixels, with_heatmap=False):
    """The JSON for an image in bytes: `predictions`, pairs of class and probability, the largest first.

    With `with_heatmap` also `heatmap`: Grad-CAM of the first class as rows of numbers from 0 to 1, and `image`:
    what the net saw, as a data URL.
    """
    x = classifier.to_batch(decode(content, max_pixels))
    with torch.no_grad():
        scores = classifier.model(x)[0].softmax(dim=0)
    order = scores.argsort(descending=True).tolist()
    found = {"predictions": [[classifier.classes[i], scores[i].item()] for i in order]}
    if with_heatmap:
        values = grad_cam(classifier.model, x, wanted=order[0])
        largest = values.max().clamp(min=1e-12)  # all zero where nothing speaks for the class
        found |= {"heatmap": (values / largest).tolist(), "image": data_url(to_pil_image(x[0]), quality=90)}
    return found


