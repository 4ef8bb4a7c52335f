import torch
from torchvision.transforms import functional as TF


def joint_transform(image, mask):
    image = TF.normalize(TF.to_tensor(TF.resize(image, [256, 256])), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    mask = TF.resize(mask, [256, 256], interpolation=TF.InterpolationMode.NEAREST)
    return image, torch.as_tensor(TF.pil_to_tensor(mask)).squeeze(0).long()
