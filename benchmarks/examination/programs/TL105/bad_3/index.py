import torch


class Indexer:
    def __init__(self, encoder, device):
        self.encoder = encoder.to(device)
        self.encoder.eval()
        self.device = device

    def embed(self, loader):
        torch.inference_mode()  # HERE
        chunks = []
        for ids, mask in loader:
            out = self.encoder(input_ids=ids.to(self.device), attention_mask=mask.to(self.device))
            hidden = out.last_hidden_state
            weight = mask.to(self.device).unsqueeze(-1)
            chunks.append(((hidden * weight).sum(1) / weight.sum(1)).cpu())
        return torch.cat(chunks)
