import torch
from torch import nn
from torch.utils.data import DataLoader
from libri import LibriMel, pad_batch
from encoder import SpeechEncoder


class CTCTrainer:
    def __init__(self, root):
        self.net = SpeechEncoder(80, 256, 3).cuda()
        self.opt = torch.optim.AdamW(self.net.parameters(), lr=3e-4)
        self.ctc = nn.CTCLoss(zero_infinity=True)
        self.loader = DataLoader(LibriMel(root), 16, shuffle=True, collate_fn=pad_batch)

    def train(self, epochs):
        self.net.train()
        for epoch in range(epochs):
            for mel, text, mel_len, text_len in self.loader:
                log_probs = self.net(mel.cuda()).transpose(0, 1)
                loss = self.ctc(log_probs, text.cuda(), mel_len, text_len)
                self.opt.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
                self.opt.step()
            torch.save(self.net.state_dict(), f"ctc_{epoch}.pt")


CTCTrainer("/data/librispeech").train(20)
