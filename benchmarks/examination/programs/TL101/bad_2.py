import argparse
from pathlib import Path
import torch
from PIL import Image
from torchvision import models, transforms


def build(num_classes):
    backbone = models.efficientnet_b0()
    backbone.classifier[1] = torch.nn.Linear(backbone.classifier[1].in_features, num_classes)
    return backbone


def restore(path, num_classes, device):
    state = torch.load(path, map_location=device)
    classifier = build(num_classes)
    classifier.load_state_dict(state["model"])
    return classifier.to(device)


def predict(classifier, image, device):
    tf = transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    batch = tf(image).unsqueeze(0).to(device)
    with torch.no_grad():
        probs = torch.softmax(classifier(batch), dim=1)  # HERE
    score, index = probs.max(dim=1)
    return index.item(), score.item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", default="best.pth")
    parser.add_argument("--classes", type=int, default=12)
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    classifier = restore(args.checkpoint, args.classes, device)
    for path in sorted(args.folder.glob("*.jpg")):
        label, score = predict(classifier, Image.open(path).convert("RGB"), device)
        print(path.name, label, round(score, 3))


if __name__ == "__main__":
    main()
